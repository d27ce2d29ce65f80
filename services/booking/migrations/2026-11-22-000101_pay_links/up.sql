-- A link also pays what is held, without an account. Those that go out by mail are nobody's of the staff.
ALTER TABLE booking_links ALTER COLUMN created_by DROP NOT NULL;

DELETE FROM booking_links WHERE created_by IS NULL;
ALTER TABLE booking_links ALTER COLUMN created_by SET NOT NULL;

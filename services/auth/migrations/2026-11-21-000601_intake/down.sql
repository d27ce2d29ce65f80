ALTER TABLE registrations DROP COLUMN asked_from;
DROP TABLE intake;

DROP TABLE portal_sessions;
ALTER TABLE customers DROP COLUMN default_method;

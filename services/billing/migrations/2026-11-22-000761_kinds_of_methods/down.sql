ALTER TABLE payables DROP COLUMN starts_at;
ALTER TABLE payment_sessions DROP COLUMN methods;

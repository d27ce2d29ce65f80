DROP TABLE authorizations;
ALTER TABLE payables DROP COLUMN ends_at;
ALTER TABLE payments
    DROP CONSTRAINT payments_status_check,
    ADD CONSTRAINT payments_status_check CHECK (status IN ('pending', 'processing', 'cancelled', 'failed', 'succeeded')),
    DROP COLUMN capture;

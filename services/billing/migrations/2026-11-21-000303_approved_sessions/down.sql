DROP TABLE company_payment_settings;
DROP INDEX payment_sessions_to_complete;
ALTER TABLE payment_sessions
    DROP COLUMN approved_at,
    DROP COLUMN complete_retry_at,
    DROP COLUMN complete_retries;

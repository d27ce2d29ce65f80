DROP TABLE email_changes;
DELETE FROM one_time_tokens WHERE purpose <> 'verify_email';
ALTER TABLE one_time_tokens
    DROP CONSTRAINT one_time_tokens_purpose,
    ADD CONSTRAINT one_time_tokens_purpose_check CHECK (purpose IN ('verify_email'));
UPDATE sessions SET end_reason = 'revoked' WHERE end_reason IN ('password_reset', 'password_changed');
ALTER TABLE sessions
    DROP COLUMN authentication,
    DROP CONSTRAINT sessions_end_reason,
    ADD CONSTRAINT sessions_end_reason_check CHECK (end_reason IN ('logout', 'revoked', 'token_reused'));

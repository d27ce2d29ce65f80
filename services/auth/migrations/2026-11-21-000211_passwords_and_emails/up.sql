-- How the session's owner proved who they are, and more ways for a session to end.
ALTER TABLE sessions
    ADD COLUMN authentication text NOT NULL DEFAULT 'password'
        CHECK (authentication IN ('email_link', 'password', 'password_and_code', 'passkey')),
    DROP CONSTRAINT sessions_end_reason_check,
    ADD CONSTRAINT sessions_end_reason CHECK (
        end_reason IN (
            'logout', 'revoked', 'token_reused', 'password_reset', 'password_changed', 'account_erased'
        )
    );

ALTER TABLE one_time_tokens
    DROP CONSTRAINT one_time_tokens_purpose_check,
    ADD CONSTRAINT one_time_tokens_purpose CHECK (
        purpose IN ('verify_email', 'reset_password', 'confirm_current_email', 'confirm_new_email')
    );

-- A change of address that waits to be confirmed from both mailboxes.
CREATE TABLE email_changes (
    id                   uuid        PRIMARY KEY,
    user_id              uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    new_email            text        NOT NULL CHECK (length(new_email) BETWEEN 3 AND 254),
    current_token_id     uuid        NOT NULL UNIQUE REFERENCES one_time_tokens (id) ON DELETE CASCADE,
    new_token_id         uuid        NOT NULL UNIQUE REFERENCES one_time_tokens (id) ON DELETE CASCADE,
    current_confirmed_at timestamptz,
    new_confirmed_at     timestamptz,
    created_at           timestamptz NOT NULL
);
-- One at a time; asking again replaces the one before.
CREATE UNIQUE INDEX email_changes_one_per_user ON email_changes (user_id);

-- What a mailed link stands for. The secret is made when the mail is sent; only its hash is kept.
CREATE TABLE one_time_tokens (
    id            uuid        PRIMARY KEY,
    user_id       uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose       text        NOT NULL CHECK (purpose IN ('verify_email')),
    secret_hash   bytea       UNIQUE CHECK (octet_length(secret_hash) = 32),
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    used_at       timestamptz,
    superseded_at timestamptz
);
CREATE INDEX one_time_tokens_of_user ON one_time_tokens (user_id, purpose, created_at);
CREATE INDEX one_time_tokens_expiry ON one_time_tokens (expires_at);

-- What becomes true with a verification link: the account as it was asked for when that mail was ordered. So
-- nobody's link confirms a password that somebody else has chosen.
CREATE TABLE registrations (
    token_id      uuid PRIMARY KEY REFERENCES one_time_tokens (id) ON DELETE CASCADE,
    password_hash text NOT NULL,
    name          text NOT NULL,
    role          text NOT NULL
);

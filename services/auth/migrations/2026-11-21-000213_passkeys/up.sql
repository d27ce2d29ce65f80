CREATE TABLE passkeys (
    id            uuid        PRIMARY KEY,
    user_id       uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id bytea       NOT NULL CONSTRAINT passkeys_credential UNIQUE,
    -- Public key, signature counter and what else the next login is checked against.
    credential    jsonb       NOT NULL,
    name          text        NOT NULL,
    created_at    timestamptz NOT NULL,
    last_used_at  timestamptz
);
CREATE INDEX passkeys_of_user ON passkeys (user_id, id);

-- A challenge that waits for its answer; taken out by the first one.
CREATE TABLE passkey_ceremonies (
    id         uuid        PRIMARY KEY,
    -- Who registers; nobody yet who logs in.
    user_id    uuid        REFERENCES users (id) ON DELETE CASCADE,
    state      jsonb       NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX passkey_ceremonies_expiry ON passkey_ceremonies (expires_at);
CREATE INDEX passkey_ceremonies_of_user ON passkey_ceremonies (user_id) WHERE user_id IS NOT NULL;

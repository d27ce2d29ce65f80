-- A signed-in device, and with it a family of refresh tokens.
CREATE TABLE sessions (
    id           uuid        PRIMARY KEY,
    user_id      uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- Of the newest refresh token; the first has 1.
    generation   bigint      NOT NULL,
    version      bigint      NOT NULL,
    user_agent   text        NOT NULL,
    address      text,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    ended_at     timestamptz,
    end_reason   text        CHECK (end_reason IN ('logout', 'revoked', 'token_reused')),
    CONSTRAINT sessions_end CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX sessions_of_user ON sessions (user_id, id);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;

-- Every token of a living family, so that one that comes back late is recognised. Only hashes.
CREATE TABLE refresh_tokens (
    token_hash bytea       PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    session_id uuid        NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    generation bigint      NOT NULL,
    -- When it was first exchanged for its successor.
    used_at    timestamptz,
    CONSTRAINT refresh_tokens_generation UNIQUE (session_id, generation)
);
CREATE INDEX refresh_tokens_used ON refresh_tokens (used_at) WHERE used_at IS NOT NULL;

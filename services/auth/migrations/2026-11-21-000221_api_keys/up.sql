-- Keys with which programs act for a person or a company. The secret is shown once; only its hash is kept.
CREATE TABLE api_keys (
    id           uuid        PRIMARY KEY,
    user_id      uuid        REFERENCES users (id),
    company_id   uuid        REFERENCES companies (id),
    name         text        NOT NULL,
    -- The beginning of the secret, by which people recognise it.
    prefix       text        NOT NULL,
    secret_hash  bytea       NOT NULL CONSTRAINT api_keys_secret UNIQUE CHECK (octet_length(secret_hash) = 32),
    -- Separated by blanks. A key without any would pass for a person.
    scopes       text        NOT NULL CHECK (scopes <> ''),
    created_by   uuid        NOT NULL REFERENCES users (id),
    version      bigint      NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,
    last_used_at timestamptz,
    revoked_at   timestamptz,
    CONSTRAINT api_keys_owner CHECK ((user_id IS NULL) <> (company_id IS NULL))
);
CREATE INDEX api_keys_of_user ON api_keys (user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX api_keys_of_company ON api_keys (company_id, id) WHERE company_id IS NOT NULL;

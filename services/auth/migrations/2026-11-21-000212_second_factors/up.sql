-- Time-based one-time passwords (RFC 6238). The secret is sealed with a key that is not in the database.
CREATE TABLE totp_factors (
    user_id        uuid        PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    sealed_secret  bytea       NOT NULL,
    created_at     timestamptz NOT NULL,
    -- Until a code of it was presented it is an offer, and asked of nobody.
    confirmed_at   timestamptz,
    -- The time step of the last accepted code: neither it nor an earlier one is accepted again.
    last_used_step bigint,
    CONSTRAINT totp_factors_use CHECK ((confirmed_at IS NULL) = (last_used_step IS NULL))
);
CREATE INDEX totp_factors_offers ON totp_factors (created_at) WHERE confirmed_at IS NULL;

-- What opens the account when the device with the codes is lost. Only keyed hashes.
CREATE TABLE recovery_codes (
    user_id   uuid  NOT NULL REFERENCES totp_factors (user_id) ON DELETE CASCADE,
    code_hash bytea NOT NULL CHECK (octet_length(code_hash) = 32),
    used_at   timestamptz,
    PRIMARY KEY (user_id, code_hash)
);

-- The keys that sign tokens. Private keys are sealed with a key that is not in the database.
CREATE TABLE signing_keys (
    kid                text        PRIMARY KEY,
    state              text        NOT NULL CHECK (state IN ('next', 'active', 'retiring')),
    public_key         bytea       NOT NULL CHECK (octet_length(public_key) = 32),
    sealed_private_key bytea       NOT NULL,
    created_at         timestamptz NOT NULL,
    -- When the last token it has signed is certainly over.
    retires_at         timestamptz,
    CONSTRAINT signing_keys_retirement CHECK ((state = 'retiring') = (retires_at IS NOT NULL))
);
-- One key signs and one waits to.
CREATE UNIQUE INDEX signing_keys_one_of_each ON signing_keys (state) WHERE state <> 'retiring';

-- The hash chain. Transfers are sealed by a job, in the order of their numbers and only when no transfer with a smaller
-- number can appear any more, so that the chain costs those who post nothing. A seal covers the transfers after the one
-- before it and up to `through_seq`.
CREATE TABLE seals (
    number      bigint      PRIMARY KEY CHECK (number > 0),
    through_seq bigint      NOT NULL UNIQUE,
    transfers   uuid[]      NOT NULL,
    -- Of each transfer with its entries and legs, in the same order: so a change is found in the transfer it was made in.
    digests     bytea[]     NOT NULL CHECK (cardinality(digests) = cardinality(transfers) AND cardinality(digests) > 0),
    -- SHA-256 of the seal before, and of all the above.
    hash        bytea       NOT NULL CHECK (octet_length(hash) = 32),
    sealed_at   timestamptz NOT NULL
);
CREATE TRIGGER seals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON seals
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('the ledger is append-only');
REVOKE UPDATE, DELETE ON seals FROM ledger_service;

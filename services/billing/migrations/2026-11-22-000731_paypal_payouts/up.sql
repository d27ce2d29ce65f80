-- Where companies are paid at PayPal: an address that is known there. It counts once somebody has followed the link that was
-- mailed to it. Naming another one is another row.
CREATE TABLE payout_receivers (
    company_id       uuid        PRIMARY KEY,
    id               uuid        NOT NULL UNIQUE,
    provider         text        NOT NULL CHECK (provider = 'paypal'),
    address          text        NOT NULL CHECK (octet_length(address) BETWEEN 3 AND 127),
    currency         text        NOT NULL,
    -- Of the newest secret that was mailed.
    secret_hash      bytea,
    secret_until     timestamptz,
    confirmed_at     timestamptz,
    named_by         uuid        NOT NULL,
    named_at         timestamptz NOT NULL,
    CHECK ((secret_hash IS NULL) = (secret_until IS NULL)),
    CHECK (confirmed_at IS NULL OR secret_hash IS NULL)
);
CREATE INDEX payout_receivers_of_person ON payout_receivers (named_by, named_at DESC, id DESC);

-- A payout goes by way of an account, or straight to a receiver, whose address is forgotten once it is sent.
ALTER TABLE payouts
    DROP CONSTRAINT payouts_company_id_fkey,
    ALTER COLUMN provider_account_id DROP NOT NULL,
    ADD COLUMN receiver text,
    -- What the provider's statements call it, where that is another id.
    ADD COLUMN movement_id text,
    DROP CONSTRAINT payouts_sent_from_a_transfer,
    ADD CONSTRAINT payouts_sent_from_a_transfer
        CHECK (provider_payout_id IS NULL OR transfer_id IS NOT NULL OR provider_account_id IS NULL),
    ADD CONSTRAINT payouts_transferred_to_an_account
        CHECK (provider_account_id IS NOT NULL OR (transfer_id IS NULL AND status <> 'transferred')),
    ADD CONSTRAINT payouts_receiver_until_it_is_sent CHECK
        ((receiver IS NOT NULL) = (provider_account_id IS NULL AND status IN ('requested', 'held')));
CREATE INDEX payouts_of_movement ON payouts (provider, movement_id) WHERE movement_id IS NOT NULL;

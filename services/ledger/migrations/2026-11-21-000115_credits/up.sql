-- Credits of customers: how much of which grant is left, so that those that expire soonest are spent first. What a customer
-- has is the balance of their account; the remainders of their lots always sum to it, less what holds keep.

CREATE TABLE credit_lots (
    -- The grant's.
    id         uuid        PRIMARY KEY,
    user_id    uuid        NOT NULL,
    currency   text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    origin     text        NOT NULL CHECK (origin IN ('purchase', 'allocation', 'goodwill')),
    -- What it comes from, as a TypeID: a payment, a subscription.
    source     text        NOT NULL,
    granted    bigint      NOT NULL CHECK (granted > 0),
    remaining  bigint      NOT NULL CHECK (remaining BETWEEN 0 AND granted),
    granted_at timestamptz NOT NULL,
    expires_at timestamptz CHECK (expires_at > granted_at)
);
CREATE INDEX credit_lots_to_spend ON credit_lots (user_id, currency, expires_at, granted_at, id) WHERE remaining > 0;
CREATE INDEX credit_lots_to_expire ON credit_lots (expires_at) WHERE remaining > 0 AND expires_at IS NOT NULL;
CREATE INDEX credit_lots_by_user ON credit_lots (user_id, granted_at, id);
CREATE INDEX credit_lots_by_source ON credit_lots (source);

-- A spend takes parts of lots under a hold of the same id; when the hold ends, what was not captured goes back to them.
CREATE TABLE credit_spends (
    hold_id  uuid   PRIMARY KEY,
    user_id  uuid   NOT NULL,
    currency text   NOT NULL,
    source   text   NOT NULL,
    amount   bigint NOT NULL CHECK (amount > 0),
    -- Null while the hold is open; how much of it was spent.
    captured bigint CHECK (captured BETWEEN 0 AND amount)
);
CREATE TABLE credit_spend_parts (
    hold_id uuid     NOT NULL REFERENCES credit_spends (hold_id),
    -- In the order in which they are spent.
    place   smallint NOT NULL,
    lot_id  uuid     NOT NULL REFERENCES credit_lots (id),
    amount  bigint   NOT NULL CHECK (amount > 0),
    PRIMARY KEY (hold_id, place)
);
CREATE INDEX credit_spends_open ON credit_spends (hold_id) WHERE captured IS NULL;

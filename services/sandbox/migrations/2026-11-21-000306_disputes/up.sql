-- Charges that the customer wants back, as the provider keeps them.
CREATE TABLE disputes (
    id         text        PRIMARY KEY,
    charge_id  text        NOT NULL UNIQUE REFERENCES charges,
    status     text        NOT NULL CHECK (status IN ('needs_response', 'won', 'lost')),
    amount     bigint      NOT NULL CHECK (amount > 0),
    currency   text        NOT NULL,
    due_by     timestamptz NOT NULL,
    created_at timestamptz NOT NULL
);

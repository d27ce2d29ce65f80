-- Charges that settle with a company: Stripe's with a destination, and Square's on a seller's own account. The company has the
-- charge less the platform's fee.
CREATE TABLE settlements (
    charge_id      text        PRIMARY KEY REFERENCES charges,
    -- The connected account at Stripe, the merchant at Square.
    account_id     text        NOT NULL,
    amount         bigint      NOT NULL CHECK (amount > 0),
    fee            bigint      NOT NULL CHECK (fee BETWEEN 0 AND amount),
    fee_returned   bigint      NOT NULL DEFAULT 0 CHECK (fee_returned BETWEEN 0 AND fee),
    currency       text        NOT NULL,
    -- At Stripe only: what moves the money, and the fee where there is one.
    transfer_id    text        UNIQUE,
    fee_id         text        UNIQUE,
    transfer_group text,
    created_at     timestamptz NOT NULL
);
CREATE INDEX settlements_account ON settlements (account_id);

-- What the company, and the platform of its fee, give back with a refund.
CREATE TABLE settlement_refunds (
    refund_id     text        PRIMARY KEY REFERENCES refunds,
    charge_id     text        NOT NULL REFERENCES settlements,
    -- From the company, the fee included.
    amount        bigint      NOT NULL CHECK (amount >= 0),
    -- From the platform to the company.
    fee           bigint      NOT NULL CHECK (fee >= 0),
    reversal_id   text        UNIQUE,
    fee_refund_id text        UNIQUE,
    created_at    timestamptz NOT NULL
);
CREATE INDEX settlement_refunds_charge ON settlement_refunds (charge_id);

-- When Stripe would pay an account out by itself: remembered, and nothing is paid by it.
ALTER TABLE connect_accounts
    ADD COLUMN payout_schedule text NOT NULL DEFAULT 'manual' CHECK (payout_schedule IN ('manual', 'daily'));

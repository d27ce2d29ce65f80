-- Stripe Connect: accounts of companies, what is moved to them, and what goes from there to their banks.
CREATE TABLE connect_accounts (
    id                text        PRIMARY KEY,
    country           text        NOT NULL,
    currency          text        NOT NULL,
    email             text,
    company_name      text,
    metadata          jsonb       NOT NULL,
    details_submitted boolean     NOT NULL DEFAULT false,
    -- What the owner was found to owe an answer to: the account is switched off meanwhile.
    disabled_reason   text,
    -- The name of the test bank account, never a number.
    bank              text        CHECK (bank IN ('pays', 'fails')),
    created_at        timestamptz NOT NULL
);

-- Onboarding pages. Each is good once.
CREATE TABLE connect_links (
    token       text        PRIMARY KEY,
    account_id  text        NOT NULL REFERENCES connect_accounts,
    return_url  text        NOT NULL,
    refresh_url text        NOT NULL,
    used_at     timestamptz,
    expires_at  timestamptz NOT NULL
);

CREATE TABLE connect_transfers (
    id             text        PRIMARY KEY,
    seq            bigint      GENERATED ALWAYS AS IDENTITY,
    account_id     text        NOT NULL REFERENCES connect_accounts,
    amount         bigint      NOT NULL CHECK (amount > 0),
    currency       text        NOT NULL,
    transfer_group text,
    metadata       jsonb       NOT NULL,
    -- Taken back, all of it.
    reversal_id    text        UNIQUE,
    reversed_at    timestamptz,
    created_at     timestamptz NOT NULL,
    CHECK ((reversal_id IS NULL) = (reversed_at IS NULL))
);
CREATE INDEX connect_transfers_group ON connect_transfers (transfer_group);
CREATE INDEX connect_transfers_account ON connect_transfers (account_id);

CREATE TABLE connect_payouts (
    id           text        PRIMARY KEY,
    seq          bigint      GENERATED ALWAYS AS IDENTITY,
    account_id   text        NOT NULL REFERENCES connect_accounts,
    amount       bigint      NOT NULL CHECK (amount > 0),
    currency     text        NOT NULL,
    status       text        NOT NULL CHECK (status IN ('in_transit', 'paid', 'failed')),
    failure_code text,
    metadata     jsonb       NOT NULL,
    arrives_at   timestamptz NOT NULL,
    created_at   timestamptz NOT NULL
);
CREATE INDEX connect_payouts_account ON connect_payouts (account_id, seq DESC);
CREATE INDEX connect_payouts_under_way ON connect_payouts (arrives_at) WHERE status = 'in_transit';

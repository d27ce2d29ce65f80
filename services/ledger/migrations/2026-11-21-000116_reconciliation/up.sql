-- What a provider says has moved on our account there, as billing fetched it, and how it compares with the book.

CREATE TABLE provider_transactions (
    provider    text        NOT NULL,
    -- The provider's own id.
    id          text        NOT NULL,
    class       text        NOT NULL
        CHECK (class IN ('charge', 'refund', 'payout', 'payout_return', 'dispute', 'dispute_return', 'fee', 'settlement')),
    -- Our id of what it is about; null where the provider names nothing that we know.
    reference   text,
    currency    text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    -- Before fees; positive is money for us.
    amount      bigint      NOT NULL,
    -- What the provider kept of it.
    fee         bigint      NOT NULL DEFAULT 0,
    occurred_at timestamptz NOT NULL,
    PRIMARY KEY (provider, id)
);
CREATE INDEX provider_transactions_by_time ON provider_transactions (provider, occurred_at);
CREATE INDEX provider_transactions_by_reference ON provider_transactions (provider, reference);

-- One comparison of a provider's span of time; the same span again is the same comparison, looked at anew.
CREATE TABLE reconciliations (
    id      uuid        PRIMARY KEY,
    provider text       NOT NULL,
    from_at timestamptz NOT NULL,
    to_at   timestamptz NOT NULL,
    run_at  timestamptz NOT NULL,
    matched bigint      NOT NULL,
    CONSTRAINT reconciliations_span CHECK (from_at < to_at),
    CONSTRAINT reconciliations_once UNIQUE (provider, from_at, to_at)
);
CREATE INDEX reconciliations_by_time ON reconciliations (from_at, id);

CREATE TABLE reconciliation_findings (
    id                uuid        PRIMARY KEY,
    reconciliation_id uuid        NOT NULL REFERENCES reconciliations (id),
    finding           text        NOT NULL
        CHECK (finding IN ('missing_here', 'missing_there', 'different_amount', 'duplicated')),
    class             text        NOT NULL,
    -- Our id, or the provider's where there is none.
    reference         text        NOT NULL,
    currency          text        NOT NULL,
    ours              bigint      NOT NULL,
    theirs            bigint      NOT NULL,
    transfers         uuid[]      NOT NULL,
    provider_ids      text[]      NOT NULL,
    found_at          timestamptz NOT NULL,
    -- When a later look did not find it any more.
    resolved_at       timestamptz,
    CONSTRAINT reconciliation_findings_once UNIQUE (reconciliation_id, finding, class, reference, currency)
);

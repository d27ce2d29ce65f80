-- Money that customers ask their bank or the provider to give back, as the provider tells it.
CREATE TABLE disputes (
    id                  uuid        PRIMARY KEY,
    version             bigint      NOT NULL CHECK (version > 0),
    payment_id          uuid        NOT NULL REFERENCES payments (id),
    company_id          uuid        NOT NULL,
    provider            text        NOT NULL,
    provider_dispute_id text        NOT NULL,
    status              text        NOT NULL CHECK (status IN ('needs_response', 'under_review', 'won', 'lost')),
    currency            text        NOT NULL,
    amount              bigint      NOT NULL CHECK (amount > 0),
    -- What the provider charges for it, where it has told.
    fee                 bigint      CHECK (fee > 0),
    reason              text        NOT NULL,
    evidence_due_at     timestamptz,
    -- Of the newest fact that counts.
    told_at             timestamptz NOT NULL,
    opened_at           timestamptz NOT NULL,
    closed_at           timestamptz,
    CONSTRAINT disputes_once UNIQUE (provider, provider_dispute_id)
);
CREATE INDEX disputes_of_company ON disputes (company_id, opened_at DESC, id DESC);
CREATE INDEX disputes_of_payment ON disputes (payment_id);
CREATE INDEX disputes_by_opening ON disputes (opened_at DESC, id DESC);

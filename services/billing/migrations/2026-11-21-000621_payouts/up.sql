-- The accounts at a provider that companies are paid to: the intent first, then what the provider tells of them.
CREATE TABLE payout_accounts (
    company_id          uuid        PRIMARY KEY,
    provider            text        NOT NULL CHECK (provider IN ('stripe')),
    -- What the account is asked for with, so that the call can be repeated as it was.
    country             text        NOT NULL,
    company_name        text        NOT NULL,
    email               text,
    -- How often the provider has refused to make it: part of the idempotency key.
    refusals            integer     NOT NULL DEFAULT 0 CHECK (refusals >= 0),
    provider_account_id text,
    details_submitted   boolean     NOT NULL DEFAULT false,
    charges_enabled     boolean     NOT NULL DEFAULT false,
    transfers_enabled   boolean     NOT NULL DEFAULT false,
    payouts_enabled     boolean     NOT NULL DEFAULT false,
    currency            text,
    requirements_due    jsonb       NOT NULL DEFAULT '[]',
    requirements_due_by timestamptz,
    disabled_reason     text,
    -- Of the newest fact that counts.
    told_at             timestamptz,
    -- When the provider is asked next, by the Clock; a failed question is repeated by real time.
    check_at            timestamptz,
    check_retry_at      timestamptz,
    check_retries       integer     NOT NULL DEFAULT 0,
    created_by          uuid        NOT NULL,
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    CONSTRAINT payout_accounts_once UNIQUE (provider, provider_account_id)
);
CREATE INDEX payout_accounts_to_check ON payout_accounts (check_at) WHERE check_at IS NOT NULL;

-- When companies are paid without asking. A row is there from the first choice on.
CREATE TABLE payout_schedules (
    company_id uuid        PRIMARY KEY,
    frequency  text        NOT NULL CHECK (frequency IN ('manual', 'daily', 'weekly', 'monthly')),
    -- Less than this waits for the next time, in minor units of the account's currency.
    minimum    bigint      NOT NULL CHECK (minimum >= 0),
    -- By the Clock; a try that failed is repeated by real time.
    next_at    timestamptz,
    retry_at   timestamptz,
    retries    integer     NOT NULL DEFAULT 0,
    updated_by uuid        NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((frequency = 'manual') = (next_at IS NULL))
);
CREATE INDEX payout_schedules_due ON payout_schedules (next_at) WHERE next_at IS NOT NULL;

-- Money of companies on its way to their banks: what was meant, and how far it has come.
CREATE TABLE payouts (
    id                  uuid        PRIMARY KEY,
    version             bigint      NOT NULL CHECK (version > 0),
    company_id          uuid        NOT NULL REFERENCES payout_accounts (company_id),
    provider            text        NOT NULL,
    provider_account_id text        NOT NULL,
    status              text        NOT NULL CHECK (status IN
                        ('requested', 'held', 'transferred', 'sent', 'paid', 'failing', 'failed', 'returned')),
    currency            text        NOT NULL,
    amount              bigint      NOT NULL CHECK (amount > 0),
    cause               text        NOT NULL CHECK (cause IN ('requested', 'schedule')),
    requested_by        uuid,
    -- The day, week or month that a schedule paid for.
    period              text,
    -- The ledger has booked it as gone.
    captured_at         timestamptz,
    transfer_id         text,
    reversal_id         text,
    provider_payout_id  text,
    failure_code        text,
    failure_message     text,
    arrives_at          timestamptz,
    paid_at             timestamptz,
    closed_at           timestamptz,
    -- Of the step that is next: how often the provider has refused it for now, which is part of the idempotency key,
    -- and since when it may have been done without our knowing.
    refusals            integer     NOT NULL DEFAULT 0 CHECK (refusals >= 0),
    asked_at            timestamptz,
    -- When the provider is asked next, by the Clock; a step that failed is repeated by real time.
    check_at            timestamptz,
    retry_at            timestamptz,
    retries             integer     NOT NULL DEFAULT 0,
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    CONSTRAINT payouts_once_per_period UNIQUE (company_id, period),
    CONSTRAINT payouts_provider_payout UNIQUE (provider, provider_payout_id),
    CONSTRAINT payouts_scheduled_for_a_period CHECK ((cause = 'schedule') = (period IS NOT NULL)),
    CONSTRAINT payouts_requested_by_somebody CHECK ((cause = 'requested') = (requested_by IS NOT NULL)),
    CONSTRAINT payouts_nothing_moves_before_the_hold
        CHECK (status NOT IN ('requested', 'held') OR transfer_id IS NULL),
    CONSTRAINT payouts_sent_from_a_transfer CHECK (provider_payout_id IS NULL OR transfer_id IS NOT NULL),
    CONSTRAINT payouts_only_what_moved_is_reversed CHECK (reversal_id IS NULL OR transfer_id IS NOT NULL),
    CONSTRAINT payouts_returned_was_captured CHECK (status <> 'returned' OR captured_at IS NOT NULL),
    CONSTRAINT payouts_failed_was_not_captured CHECK (status <> 'failed' OR captured_at IS NULL),
    CONSTRAINT payouts_over_have_an_end CHECK ((status IN ('failed', 'returned')) = (closed_at IS NOT NULL))
);
CREATE INDEX payouts_of_company ON payouts (company_id, created_at DESC, id DESC);
CREATE INDEX payouts_by_age ON payouts (created_at DESC, id DESC);
CREATE INDEX payouts_under_way ON payouts (created_at) WHERE status IN ('requested', 'held', 'transferred', 'failing');
CREATE INDEX payouts_to_check ON payouts (check_at) WHERE status IN ('sent', 'paid');

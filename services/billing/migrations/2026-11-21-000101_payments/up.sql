-- What can be paid: a copy of what other services decide, by the version they gave it.
CREATE TABLE payables (
    kind                text        NOT NULL CHECK (kind IN ('booking', 'invoice', 'dues', 'credits')),
    id                  uuid        NOT NULL,
    version             bigint      NOT NULL,
    state               text        NOT NULL CHECK (state IN ('awaiting', 'open', 'expired', 'closed')),
    company_id          uuid        NOT NULL,
    company_country     text        NOT NULL,
    customer_user_id    uuid        NOT NULL,
    description         text        NOT NULL,
    currency            text        NOT NULL,
    subtotal            bigint      NOT NULL CHECK (subtotal >= 0),
    total               bigint      NOT NULL CHECK (total >= 0),
    deposit_due         bigint      NOT NULL CHECK (deposit_due >= 0),
    amount_paid         bigint      NOT NULL CHECK (amount_paid >= 0),
    expires_at          timestamptz,
    -- What its cancellation gives back, to be spread over its payments. Not part of the versioned copy.
    cancellation_refund bigint      NOT NULL DEFAULT 0 CHECK (cancellation_refund >= 0),
    updated_at          timestamptz NOT NULL,
    PRIMARY KEY (kind, id)
);

-- One intent to pay, and what became of it.
CREATE TABLE payments (
    id                  uuid        PRIMARY KEY,
    version             bigint      NOT NULL CHECK (version > 0),
    payable_kind        text        NOT NULL,
    payable_id          uuid        NOT NULL,
    company_id          uuid        NOT NULL,
    customer_user_id    uuid        NOT NULL,
    provider            text        NOT NULL,
    status              text        NOT NULL
                        CHECK (status IN ('pending', 'processing', 'cancelled', 'failed', 'succeeded')),
    currency            text        NOT NULL,
    amount              bigint      NOT NULL CHECK (amount > 0),
    amount_captured     bigint      NOT NULL DEFAULT 0 CHECK (amount_captured >= 0),
    amount_refunded     bigint      NOT NULL DEFAULT 0 CHECK (amount_refunded >= 0),
    -- Promised to refunds that are still under way.
    amount_refunding    bigint      NOT NULL DEFAULT 0 CHECK (amount_refunding >= 0),
    provider_payment_id text,
    method              jsonb,
    failure_code        text,
    failure_message     text,
    declined_at         timestamptz,
    processing_at       timestamptz,
    attempts            integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    succeeded_at        timestamptz,
    -- What the payable's owner did with the money: counted it, or cannot use it.
    applied_at          timestamptz,
    orphaned_at         timestamptz,
    -- When the provider is asked next, by the Clock; a failed question is repeated by real time.
    check_at            timestamptz,
    check_retry_at      timestamptz,
    check_retries       integer     NOT NULL DEFAULT 0,
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    FOREIGN KEY (payable_kind, payable_id) REFERENCES payables (kind, id),
    CONSTRAINT payments_refunds_within_captured CHECK (amount_refunded + amount_refunding <= amount_captured),
    CONSTRAINT payments_captured_when_succeeded CHECK ((status = 'succeeded') = (amount_captured > 0))
);
CREATE INDEX payments_of_customer ON payments (customer_user_id, created_at DESC, id DESC);
CREATE INDEX payments_of_company ON payments (company_id, created_at DESC, id DESC);
CREATE INDEX payments_of_payable ON payments (payable_kind, payable_id);
CREATE INDEX payments_to_check ON payments (check_at) WHERE check_at IS NOT NULL;
CREATE UNIQUE INDEX payments_provider_payment ON payments (provider, provider_payment_id);

-- The provider's page on which a payment is made: everything it was asked with, so that the call can be repeated as
-- it was, and what it answered.
CREATE TABLE payment_sessions (
    payment_id          uuid        PRIMARY KEY REFERENCES payments (id),
    stage               text        NOT NULL CHECK (stage IN ('opening', 'open', 'closed')),
    description         text        NOT NULL,
    customer_email      text,
    success_url         text        NOT NULL,
    cancel_url          text        NOT NULL,
    requested_at        timestamptz NOT NULL,
    closes_at           timestamptz,
    provider_session_id text,
    checkout_url        text,
    expires_at          timestamptz,
    -- Nobody should pay here any more; a job tells the provider, by real time, until it has.
    close_requested_at  timestamptz,
    close_retry_at      timestamptz,
    close_retries       integer     NOT NULL DEFAULT 0
);
CREATE INDEX payment_sessions_to_close ON payment_sessions (close_requested_at)
    WHERE close_requested_at IS NOT NULL AND stage <> 'closed';

-- Every attempt to pay with its result. The key is the provider's event, so that one told twice counts once.
CREATE TABLE payment_attempts (
    payment_id          uuid        NOT NULL REFERENCES payments (id),
    key                 text        NOT NULL,
    result              text        NOT NULL CHECK (result IN ('declined', 'succeeded')),
    provider_payment_id text,
    failure_code        text,
    failure_message     text,
    occurred_at         timestamptz NOT NULL,
    PRIMARY KEY (payment_id, key)
);

-- Money on its way back: the intent first, then what the provider made of it.
CREATE TABLE refunds (
    id                  uuid        PRIMARY KEY,
    payment_id          uuid        NOT NULL REFERENCES payments (id),
    status              text        NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
    currency            text        NOT NULL,
    amount              bigint      NOT NULL CHECK (amount > 0),
    cause               text        NOT NULL CHECK (cause IN ('cancellation', 'orphan', 'requested', 'provider')),
    -- What a person wrote.
    note                text,
    requested_by        uuid,
    -- What makes a refund by the machine unique, however often its reason is told.
    unique_key          text        CONSTRAINT refunds_unique_key UNIQUE,
    provider_refund_id  text,
    failure_code        text,
    failure_message     text,
    check_at            timestamptz,
    retry_at            timestamptz,
    retries             integer     NOT NULL DEFAULT 0,
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL
);
CREATE INDEX refunds_of_payment ON refunds (payment_id, created_at DESC, id DESC);
CREATE INDEX refunds_pending ON refunds (created_at) WHERE status = 'pending';
CREATE INDEX refunds_provider_refund ON refunds (provider_refund_id) WHERE provider_refund_id IS NOT NULL;

-- The last number given in a company's series; locked until the receipt that has it is committed, so no number is lost.
CREATE TABLE receipt_counters (
    company_id  uuid   PRIMARY KEY,
    last_number bigint NOT NULL CHECK (last_number > 0)
);

CREATE TABLE receipts (
    id               uuid        PRIMARY KEY,
    company_id       uuid        NOT NULL,
    number           bigint      NOT NULL CHECK (number > 0),
    payment_id       uuid        NOT NULL CONSTRAINT receipts_one_per_payment UNIQUE REFERENCES payments (id),
    customer_user_id uuid        NOT NULL,
    payable_kind     text        NOT NULL,
    payable_id       uuid        NOT NULL,
    description      text        NOT NULL,
    currency         text        NOT NULL,
    amount           bigint      NOT NULL CHECK (amount > 0),
    provider         text        NOT NULL,
    issued_at        timestamptz NOT NULL,
    CONSTRAINT receipts_series UNIQUE (company_id, number)
);
CREATE INDEX receipts_of_customer ON receipts (customer_user_id, issued_at DESC, id DESC);
CREATE INDEX receipts_of_company ON receipts (company_id, issued_at DESC, id DESC);

-- People as a provider knows them, who keeps their payment methods: the intent first, then the provider's id.
CREATE TABLE provider_customers (
    id                   uuid        PRIMARY KEY,
    user_id              uuid        NOT NULL,
    provider             text        NOT NULL CHECK (provider IN ('stripe')),
    provider_customer_id text,
    -- The address that the provider was told last, and the one that a job is to tell it, by real time.
    email                text,
    email_to_tell        text,
    -- The version of the account that told the address; 0 for the one they had when they were made known.
    email_version        bigint      NOT NULL DEFAULT 0,
    tell_retry_at        timestamptz,
    tell_retries         integer     NOT NULL DEFAULT 0,
    -- The person has gone: a job tells the provider, by real time, and then drops the row.
    forget_requested_at  timestamptz,
    forget_retry_at      timestamptz,
    forget_retries       integer     NOT NULL DEFAULT 0,
    created_at           timestamptz NOT NULL,
    CONSTRAINT provider_customers_once UNIQUE (user_id, provider),
    CONSTRAINT provider_customers_theirs UNIQUE (provider, provider_customer_id),
    CONSTRAINT provider_customers_forgotten
        CHECK (forget_requested_at IS NULL OR (email IS NULL AND email_to_tell IS NULL))
);
CREATE INDEX provider_customers_to_tell ON provider_customers (created_at)
    WHERE email_to_tell IS NOT NULL AND provider_customer_id IS NOT NULL;
CREATE INDEX provider_customers_to_forget ON provider_customers (forget_requested_at) WHERE forget_requested_at IS NOT NULL;

-- Saved methods: enough of them for a person to recognise, and a sealed token to charge them by.
CREATE TABLE payment_methods (
    id                  uuid        PRIMARY KEY,
    version             bigint      NOT NULL CHECK (version > 0),
    user_id             uuid        NOT NULL,
    provider            text        NOT NULL CHECK (provider IN ('stripe')),
    -- `v1.<key id>.<sealed data key>.<sealed token>`; none any more once the provider has given the method up.
    token               text,
    -- By what events of the provider find it.
    token_hash          bytea       NOT NULL,
    kind                text        NOT NULL,
    brand               text,
    last4               text        CHECK (last4 ~ '^[0-9]{4}$'),
    exp_month           smallint    CHECK (exp_month BETWEEN 1 AND 12),
    exp_year            smallint    CHECK (exp_year BETWEEN 2000 AND 9999),
    is_default          boolean     NOT NULL,
    -- Since when they let companies charge it without them, for what they owe.
    consented_at        timestamptz,
    -- They have removed it, or gone; a job tells the provider, by real time. Payments made with it keep the row.
    removed_at          timestamptz,
    detach_retry_at     timestamptz,
    detach_retries      integer     NOT NULL DEFAULT 0,
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    CONSTRAINT payment_methods_once UNIQUE (provider, token_hash),
    CONSTRAINT payment_methods_chargeable CHECK (removed_at IS NOT NULL OR token IS NOT NULL),
    CONSTRAINT payment_methods_removed CHECK (removed_at IS NULL OR (NOT is_default AND consented_at IS NULL))
);
CREATE UNIQUE INDEX payment_methods_default ON payment_methods (user_id) WHERE is_default;
CREATE INDEX payment_methods_of_user ON payment_methods (user_id, created_at DESC, id DESC);
CREATE INDEX payment_methods_to_detach ON payment_methods (removed_at) WHERE removed_at IS NOT NULL AND token IS NOT NULL;

-- The provider's pages on which methods are given, and what was given there.
CREATE TABLE method_setups (
    id                   uuid        PRIMARY KEY,
    user_id              uuid        NOT NULL,
    provider             text        NOT NULL CHECK (provider IN ('stripe')),
    status               text        NOT NULL CHECK (status IN ('pending', 'succeeded', 'expired')),
    provider_customer_id text        NOT NULL,
    success_url          text        NOT NULL,
    cancel_url           text        NOT NULL,
    -- What they said about the method before they gave it.
    consents             boolean     NOT NULL,
    makes_default        boolean     NOT NULL,
    provider_setup_id    text        UNIQUE,
    setup_url            text,
    payment_method_id    uuid        REFERENCES payment_methods (id),
    failure_code         text,
    failure_message      text,
    -- When the provider is asked next, by the Clock; a failed question is repeated by real time.
    check_at             timestamptz,
    check_retry_at       timestamptz,
    check_retries        integer     NOT NULL DEFAULT 0,
    created_at           timestamptz NOT NULL,
    updated_at           timestamptz NOT NULL,
    CONSTRAINT method_setups_given CHECK ((status = 'succeeded') = (payment_method_id IS NOT NULL)),
    CONSTRAINT method_setups_asked CHECK (status = 'pending' OR check_at IS NULL)
);
CREATE INDEX method_setups_of_user ON method_setups (user_id);
CREATE INDEX method_setups_to_check ON method_setups (check_at) WHERE check_at IS NOT NULL;

-- A payment by a saved method has no page, or one on which the customer answers their bank.
ALTER TABLE payment_sessions
    ADD COLUMN payment_method_id uuid REFERENCES payment_methods (id),
    -- Who charged it without the customer; nobody where the customer paid.
    ADD COLUMN charged_by uuid,
    ADD CONSTRAINT payment_sessions_charged CHECK (charged_by IS NULL OR payment_method_id IS NOT NULL);

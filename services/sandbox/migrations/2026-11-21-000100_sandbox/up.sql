-- What a payment provider keeps. Amounts are the provider's units, currencies its lower-case codes.
CREATE TABLE sessions (
    id                  text        PRIMARY KEY,
    seq                 bigint      GENERATED ALWAYS AS IDENTITY,
    status              text        NOT NULL CHECK (status IN ('open', 'complete', 'expired')),
    client_reference_id text,
    amount              bigint      NOT NULL CHECK (amount > 0),
    currency            text        NOT NULL,
    description         text        NOT NULL,
    customer_email      text,
    success_url         text        NOT NULL,
    cancel_url          text,
    metadata            jsonb       NOT NULL,
    intent_metadata     jsonb       NOT NULL,
    intent_description  text,
    -- Made with the first attempt to pay.
    intent_id           text        UNIQUE,
    created_at          timestamptz NOT NULL,
    expires_at          timestamptz NOT NULL
);
CREATE INDEX sessions_reference ON sessions (client_reference_id);
CREATE INDEX sessions_expiry ON sessions (expires_at) WHERE status = 'open';

CREATE TABLE intents (
    id              text        PRIMARY KEY,
    session_id      text        NOT NULL REFERENCES sessions,
    status          text        NOT NULL CHECK (status IN ('requires_payment_method', 'requires_action', 'succeeded')),
    amount          bigint      NOT NULL,
    amount_received bigint      NOT NULL DEFAULT 0,
    currency        text        NOT NULL,
    description     text,
    metadata        jsonb       NOT NULL,
    latest_charge   text,
    -- The name of the test card that waits for its 3-D Secure step, never a number.
    pending_card    text,
    last_error      jsonb,
    created_at      timestamptz NOT NULL
);

CREATE TABLE charges (
    id              text        PRIMARY KEY,
    seq             bigint      GENERATED ALWAYS AS IDENTITY,
    intent_id       text        NOT NULL REFERENCES intents,
    status          text        NOT NULL CHECK (status IN ('succeeded', 'failed')),
    amount          bigint      NOT NULL,
    amount_refunded bigint      NOT NULL DEFAULT 0 CHECK (amount_refunded BETWEEN 0 AND amount),
    currency        text        NOT NULL,
    description     text,
    metadata        jsonb       NOT NULL,
    card            text        NOT NULL,
    authenticated   boolean     NOT NULL,
    created_at      timestamptz NOT NULL
);
CREATE INDEX charges_intent ON charges (intent_id);

CREATE TABLE refunds (
    id          text        PRIMARY KEY,
    seq         bigint      GENERATED ALWAYS AS IDENTITY,
    intent_id   text        NOT NULL REFERENCES intents,
    charge_id   text        NOT NULL REFERENCES charges,
    status      text        NOT NULL,
    amount      bigint      NOT NULL CHECK (amount > 0),
    currency    text        NOT NULL,
    reason      text,
    metadata    jsonb       NOT NULL,
    created_at  timestamptz NOT NULL
);
CREATE INDEX refunds_intent ON refunds (intent_id);

-- Answers of the provider's API, by idempotency key.
CREATE TABLE api_answers (
    key         text        PRIMARY KEY,
    fingerprint bytea       NOT NULL,
    status      smallint    NOT NULL,
    body        text        NOT NULL,
    created_at  timestamptz NOT NULL
);

-- Events as they are signed and sent, byte for byte.
CREATE TABLE provider_events (
    id          text        PRIMARY KEY,
    seq         bigint      GENERATED ALWAYS AS IDENTITY,
    event_type  text        NOT NULL,
    body        text        NOT NULL,
    created_at  timestamptz NOT NULL
);

-- One row for each time an event is to arrive. `due_at` and `given_up_at` are real time: retries do not follow the
-- sandbox clock.
CREATE TABLE deliveries (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id    text        NOT NULL REFERENCES provider_events,
    delivered   boolean     NOT NULL DEFAULT false,
    attempts    integer     NOT NULL DEFAULT 0,
    due_at      timestamptz NOT NULL,
    given_up_at timestamptz NOT NULL
);
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE NOT delivered;

CREATE TABLE mails (
    id          text        PRIMARY KEY,
    seq         bigint      GENERATED ALWAYS AS IDENTITY,
    recipient   text        NOT NULL,
    address     text        NOT NULL,
    subject     text        NOT NULL,
    text        text        NOT NULL,
    html        text,
    sent_at     timestamptz NOT NULL
);
CREATE INDEX mails_address ON mails (address, seq);

-- How far the platform's clock is ahead of the machine's: one row.
CREATE TABLE clock (
    id          smallint    PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    offset_secs bigint      NOT NULL CHECK (offset_secs >= 0)
);
INSERT INTO clock (offset_secs) VALUES (0);

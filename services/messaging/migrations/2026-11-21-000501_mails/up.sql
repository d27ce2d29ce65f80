-- Whom mails go to, as auth told us last. Version 0: asked for, not told.
CREATE TABLE contacts (
    user_id uuid PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL,
    version bigint NOT NULL
);

-- Who works for a company. An empty role is a person who has left; the row keeps an older event from bringing them back.
CREATE TABLE company_members (
    company_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL CHECK (role IN ('owner', 'manager', 'staff', '')),
    version bigint NOT NULL,
    PRIMARY KEY (company_id, user_id)
);

-- What mails say about a booking: its newest state that we heard of.
CREATE TABLE bookings (
    booking_id uuid PRIMARY KEY,
    version bigint NOT NULL,
    facts jsonb NOT NULL
);

-- Mails to be sent and what became of them. `next_attempt_at` and `finished_at` are real time. A mail that is on its way
-- has no `last_error` and its next attempt in the future, so that nobody else takes it meanwhile.
CREATE TABLE mails (
    id uuid PRIMARY KEY,
    event_id uuid NOT NULL,
    recipient text NOT NULL,
    template text NOT NULL,
    parameters jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'expanded', 'sent', 'dropped', 'failed')),
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_attempt_at timestamptz NOT NULL,
    last_error text,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT mails_once UNIQUE (event_id, recipient, template),
    CHECK ((state = 'pending') = (finished_at IS NULL))
);

CREATE INDEX mails_due ON mails (next_attempt_at) WHERE state = 'pending';

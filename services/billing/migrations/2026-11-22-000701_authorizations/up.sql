-- Money that a customer's bank holds for a booking, to be taken later or let go of. Taken, it is a payment like any other.
ALTER TABLE payments
    ADD COLUMN capture text NOT NULL DEFAULT 'automatic' CHECK (capture IN ('automatic', 'manual')),
    DROP CONSTRAINT payments_status_check,
    ADD CONSTRAINT payments_status_check
        CHECK (status IN ('pending', 'processing', 'authorized', 'cancelled', 'failed', 'succeeded')),
    ADD CONSTRAINT payments_authorized_to_capture CHECK (status <> 'authorized' OR capture = 'manual');

-- When a booking is over: some days later nothing is held for it any more. Not known of those that were told before.
ALTER TABLE payables ADD COLUMN ends_at timestamptz;

CREATE TABLE authorizations (
    payment_id       uuid        PRIMARY KEY REFERENCES payments (id),
    -- What the provider has told: how much is held since when, until when, and that it is not any more.
    amount_held      bigint      CHECK (amount_held > 0),
    held_at          timestamptz,
    held_until       timestamptz,
    released_at      timestamptz,
    -- What the provider is to be told, recorded before it is; and who wishes it, where somebody does.
    wish             text        CHECK (wish IN ('capture', 'void')),
    capture_amount   bigint      CHECK (capture_amount > 0),
    void_cause       text        CHECK (void_cause IN ('requested', 'unwanted', 'over', 'renewed')),
    wished_by        uuid,
    -- The authorisation that this one stands in for, and the one that is to stand in for this.
    renews           uuid        CONSTRAINT authorizations_renewed_once UNIQUE REFERENCES authorizations (payment_id),
    renewal          uuid        REFERENCES authorizations (payment_id),
    renewal_tried_at timestamptz,
    -- Of a renewal: what became of it has been taken in where it matters.
    settled_at       timestamptz,
    -- Why the last capture, or the renewal, was refused.
    failure_code     text,
    failure_message  text,
    -- When there is something to do next, by the Clock; a step that failed is repeated by real time.
    step_at          timestamptz,
    step_retry_at    timestamptz,
    step_retries     integer     NOT NULL DEFAULT 0,
    CONSTRAINT authorizations_held CHECK ((amount_held IS NULL) = (held_at IS NULL)),
    CONSTRAINT authorizations_capture CHECK ((wish IS NOT DISTINCT FROM 'capture') = (capture_amount IS NOT NULL)),
    CONSTRAINT authorizations_void CHECK ((wish IS NOT DISTINCT FROM 'void') = (void_cause IS NOT NULL)),
    CONSTRAINT authorizations_within_held CHECK (capture_amount IS NULL OR capture_amount <= amount_held)
);
CREATE INDEX authorizations_to_step ON authorizations (step_at) WHERE step_at IS NOT NULL;

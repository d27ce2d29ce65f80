-- PayPal's payouts: batches of one item each.
CREATE TABLE paypal_payouts (
    batch_id        text        PRIMARY KEY,
    item_id         text        NOT NULL UNIQUE,
    -- What the money's movement is called once PayPal has processed the batch.
    transaction_id  text        NOT NULL UNIQUE,
    sender_batch_id text        NOT NULL,
    sender_item_id  text,
    -- The sender's words, as they were given.
    header          jsonb       NOT NULL,
    item            jsonb       NOT NULL,
    receiver        text        NOT NULL,
    amount          bigint      NOT NULL CHECK (amount > 0),
    fee             bigint      NOT NULL CHECK (fee >= 0),
    currency        text        NOT NULL,
    status          text        NOT NULL
        CHECK (status IN ('PENDING', 'SUCCESS', 'UNCLAIMED', 'FAILED', 'RETURNED', 'REFUNDED')),
    -- When it goes on by itself: PayPal processes what is pending, and gives back what nobody has claimed.
    due_at          timestamptz,
    created_at      timestamptz NOT NULL,
    -- When the money left the platform's balance, and when it was there again.
    sent_at         timestamptz,
    returned_at     timestamptz,
    CHECK ((status IN ('PENDING', 'UNCLAIMED')) = (due_at IS NOT NULL)),
    CHECK ((status IN ('PENDING', 'FAILED')) = (sent_at IS NULL)),
    CHECK ((status IN ('RETURNED', 'REFUNDED')) = (returned_at IS NOT NULL))
);
CREATE INDEX paypal_payouts_by_sender ON paypal_payouts (sender_batch_id);
CREATE INDEX paypal_payouts_due ON paypal_payouts (due_at) WHERE due_at IS NOT NULL;

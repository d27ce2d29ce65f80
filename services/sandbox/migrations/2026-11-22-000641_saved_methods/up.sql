-- Stripe's customers, and the cards that are kept under them.
CREATE TABLE customers (
    id         text        PRIMARY KEY,
    email      text,
    metadata   jsonb       NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE payment_methods (
    id          text        PRIMARY KEY,
    -- None once it was detached.
    customer_id text        REFERENCES customers ON DELETE SET NULL,
    -- The name of the test card, never a number.
    card        text        NOT NULL,
    created_at  timestamptz NOT NULL
);

-- Beside sessions in which something is paid there are those in which a method is given (`setup`, of no amount), and
-- payment intents that are charged without a page (`intent`), whose session is only where the bank's page belongs.
ALTER TABLE sessions
    ADD COLUMN mode text NOT NULL DEFAULT 'payment' CHECK (mode IN ('payment', 'setup', 'intent')),
    ADD COLUMN customer_id text,
    DROP CONSTRAINT sessions_amount_check,
    ADD CONSTRAINT sessions_amount_check CHECK (amount > 0 OR (mode = 'setup' AND amount = 0));

ALTER TABLE intents
    ADD COLUMN customer_id text,
    ADD COLUMN payment_method_id text,
    DROP CONSTRAINT intents_status_check,
    ADD CONSTRAINT intents_status_check CHECK (status IN
        ('requires_payment_method', 'requires_confirmation', 'requires_action', 'approved', 'succeeded', 'canceled'));

-- Payments by debit from a bank account: under way for some days, then made, or failed and open for another try.
ALTER TABLE intents
    -- As the platform has named them; null where it has named none.
    ADD COLUMN excluded_methods jsonb,
    ADD COLUMN takes_debits     boolean NOT NULL DEFAULT false,
    -- When the bank says what became of it.
    ADD COLUMN decided_at       timestamptz,
    DROP CONSTRAINT intents_status_check,
    ADD CONSTRAINT intents_status_check CHECK (status IN ('requires_payment_method', 'requires_confirmation',
        'requires_action', 'requires_capture', 'approved', 'processing', 'succeeded', 'canceled')),
    ADD CONSTRAINT intents_under_way CHECK ((status = 'processing') = (decided_at IS NOT NULL));
CREATE INDEX intents_decided_at ON intents (decided_at) WHERE status = 'processing';

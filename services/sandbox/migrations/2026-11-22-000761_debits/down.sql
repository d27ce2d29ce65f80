DELETE FROM intents WHERE status = 'processing';
ALTER TABLE intents
    DROP CONSTRAINT intents_under_way,
    DROP CONSTRAINT intents_status_check,
    ADD CONSTRAINT intents_status_check CHECK (status IN ('requires_payment_method', 'requires_confirmation',
        'requires_action', 'requires_capture', 'approved', 'succeeded', 'canceled')),
    DROP COLUMN excluded_methods, DROP COLUMN takes_debits, DROP COLUMN decided_at;

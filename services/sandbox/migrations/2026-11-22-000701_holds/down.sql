ALTER TABLE charges DROP COLUMN amount_captured, DROP COLUMN captured_at;
ALTER TABLE intents
    DROP CONSTRAINT intents_status_check,
    ADD CONSTRAINT intents_status_check CHECK (status IN
        ('requires_payment_method', 'requires_confirmation', 'requires_action', 'approved', 'succeeded', 'canceled')),
    DROP COLUMN capture_method, DROP COLUMN capture_before, DROP COLUMN canceled_at;
ALTER TABLE sessions DROP COLUMN capture_method;

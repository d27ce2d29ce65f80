-- Money that is held on a card, and captured or given up later. A charge that was not held was captured when it was made.
ALTER TABLE sessions ADD COLUMN capture_method text NOT NULL DEFAULT 'automatic' CHECK (capture_method IN ('automatic', 'manual'));

ALTER TABLE intents
    ADD COLUMN capture_method text NOT NULL DEFAULT 'automatic' CHECK (capture_method IN ('automatic', 'manual')),
    -- When the bank lets go of what is held.
    ADD COLUMN capture_before timestamptz,
    ADD COLUMN canceled_at timestamptz,
    DROP CONSTRAINT intents_status_check,
    ADD CONSTRAINT intents_status_check CHECK (status IN ('requires_payment_method', 'requires_confirmation',
        'requires_action', 'requires_capture', 'approved', 'succeeded', 'canceled')),
    ADD CONSTRAINT intents_held CHECK (status <> 'requires_capture' OR capture_before IS NOT NULL);
CREATE INDEX intents_held_until ON intents (capture_before) WHERE status = 'requires_capture';

ALTER TABLE charges ADD COLUMN amount_captured bigint NOT NULL DEFAULT 0, ADD COLUMN captured_at timestamptz;
UPDATE charges SET amount_captured = amount, captured_at = created_at WHERE status = 'succeeded';
ALTER TABLE charges
    ADD CONSTRAINT charges_captured CHECK (amount_captured BETWEEN 0 AND amount AND amount_refunded <= amount_captured),
    ADD CONSTRAINT charges_captured_at CHECK ((captured_at IS NULL) = (amount_captured = 0));

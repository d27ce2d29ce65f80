DROP TABLE square_grants;
DROP TABLE paypal_signer;
ALTER TABLE provider_events DROP COLUMN provider;
ALTER TABLE intents DROP CONSTRAINT intents_status_check;
ALTER TABLE intents ADD CONSTRAINT intents_status_check
    CHECK (status IN ('requires_payment_method', 'requires_action', 'succeeded'));
ALTER TABLE sessions
    DROP COLUMN provider,
    DROP COLUMN link_id,
    DROP COLUMN detail,
    DROP COLUMN webhook_plan,
    DROP COLUMN changed_at;

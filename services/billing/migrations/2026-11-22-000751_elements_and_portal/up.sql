-- Where a payment is made: on the provider's page, or on the client's own in fields of the provider's. What the client confirms
-- it with is kept nowhere.
ALTER TABLE payment_sessions
    ADD COLUMN ui text NOT NULL DEFAULT 'hosted' CHECK (ui IN ('hosted', 'elements')),
    ADD CONSTRAINT payment_sessions_of_elements CHECK (ui = 'hosted' OR (payment_method_id IS NULL AND checkout_url IS NULL));

-- Since when a person's default method is what it is: they choose it here, or at the provider, which tells of it later.
ALTER TABLE provider_customers ADD COLUMN default_chosen_at timestamptz;

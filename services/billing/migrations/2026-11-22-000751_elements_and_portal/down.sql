ALTER TABLE provider_customers DROP COLUMN default_chosen_at;
ALTER TABLE payment_sessions DROP CONSTRAINT payment_sessions_of_elements, DROP COLUMN ui;

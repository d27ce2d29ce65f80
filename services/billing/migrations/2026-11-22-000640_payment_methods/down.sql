ALTER TABLE payment_sessions
    DROP COLUMN payment_method_id,
    DROP COLUMN charged_by;
DROP TABLE method_setups, payment_methods, provider_customers;

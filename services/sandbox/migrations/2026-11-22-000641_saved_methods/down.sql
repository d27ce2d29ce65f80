ALTER TABLE intents DROP COLUMN customer_id, DROP COLUMN payment_method_id;
ALTER TABLE sessions DROP COLUMN mode, DROP COLUMN customer_id;
DROP TABLE payment_methods, customers;

-- Whoever has a link to a guest's booking pays without an account: such a payment and its receipt are no user's.
ALTER TABLE payments ALTER COLUMN customer_user_id DROP NOT NULL;
ALTER TABLE receipts ALTER COLUMN customer_user_id DROP NOT NULL;

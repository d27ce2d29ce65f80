-- Fails where somebody has paid so: nobody can say whose the payment was.
ALTER TABLE receipts ALTER COLUMN customer_user_id SET NOT NULL;
ALTER TABLE payments ALTER COLUMN customer_user_id SET NOT NULL;

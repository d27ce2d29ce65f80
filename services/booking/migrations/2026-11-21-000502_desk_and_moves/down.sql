ALTER TABLE booking_refunds DROP COLUMN recorded_by, DROP COLUMN method;
ALTER TABLE booking_payments
    DROP COLUMN price_total, DROP COLUMN price_subtotal, DROP COLUMN recorded_by, DROP COLUMN method;
ALTER TABLE bookings
    DROP CONSTRAINT bookings_paid, DROP CONSTRAINT bookings_customer, DROP COLUMN details,
    ADD CHECK (amount_paid BETWEEN 0 AND total);
ALTER TABLE bookings ALTER COLUMN customer_user_id SET NOT NULL;

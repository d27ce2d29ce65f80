ALTER TABLE booking_refunds DROP COLUMN recorded_by, DROP COLUMN method;
ALTER TABLE booking_payments
    DROP COLUMN price_total, DROP COLUMN price_subtotal, DROP COLUMN recorded_by, DROP COLUMN method;
ALTER TABLE bookings
    DROP CONSTRAINT bookings_paid, DROP CONSTRAINT bookings_desk, DROP CONSTRAINT bookings_customer,
    DROP COLUMN checked_in_at, DROP COLUMN refund_at_desk, DROP COLUMN desk_credited, DROP COLUMN credited,
    DROP COLUMN desk_refunded, DROP COLUMN desk_paid, DROP COLUMN payment_mode, DROP COLUMN booked_by,
    DROP COLUMN guest_phone, DROP COLUMN guest_email, DROP COLUMN guest_name,
    ADD CHECK (amount_paid BETWEEN 0 AND total);
ALTER TABLE bookings ALTER COLUMN customer_user_id SET NOT NULL;

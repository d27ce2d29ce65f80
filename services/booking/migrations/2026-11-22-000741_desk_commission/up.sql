-- The platform's commission on a payment at the desk, in parts per million of the net price, as it was when the payment was recorded;
-- null of payments that came through a provider, and of those that are older than this.
ALTER TABLE booking_payments
    ADD COLUMN commission_ppm integer,
    ADD CONSTRAINT booking_payments_commission CHECK
        (commission_ppm IS NULL OR (commission_ppm BETWEEN 0 AND 1000000 AND method <> 'online'));

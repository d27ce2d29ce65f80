-- Somebody without an account, as the studio's staff wrote them down: a walk-in, or a caller.
ALTER TABLE bookings
    ALTER COLUMN customer_user_id DROP NOT NULL,
    ADD COLUMN guest_name   text,
    ADD COLUMN guest_email  text,
    ADD COLUMN guest_phone  text,
    -- The member of staff who made it; null where the customer did.
    ADD COLUMN booked_by    uuid,
    ADD COLUMN payment_mode text NOT NULL DEFAULT 'online' CHECK (payment_mode IN ('online', 'at_desk')),
    ADD CONSTRAINT bookings_customer CHECK ((customer_user_id IS NULL) = (guest_name IS NOT NULL));

-- Money. amount_paid and amount_refunded are sums of all ways; what was taken and handed back at the studio's desk is
-- also kept apart. What a move to a cheaper time gives back is credited at once, and refunded later.
ALTER TABLE bookings
    ADD COLUMN desk_paid      bigint NOT NULL DEFAULT 0,
    ADD COLUMN desk_refunded  bigint NOT NULL DEFAULT 0,
    ADD COLUMN credited       bigint NOT NULL DEFAULT 0,
    ADD COLUMN desk_credited  bigint NOT NULL DEFAULT 0,
    ADD COLUMN refund_at_desk bigint CHECK (refund_at_desk BETWEEN 0 AND refund_due),
    ADD CONSTRAINT bookings_desk CHECK (desk_paid BETWEEN 0 AND amount_paid AND desk_refunded BETWEEN 0 AND desk_paid
        AND desk_credited BETWEEN 0 AND desk_paid AND credited BETWEEN desk_credited AND amount_paid);
DO $$
DECLARE
    old text;
BEGIN
    -- It named amount_paid and total, so PostgreSQL chose its name.
    SELECT conname INTO STRICT old FROM pg_constraint
    WHERE conrelid = 'bookings'::regclass AND contype = 'c'
      AND pg_get_constraintdef(oid) LIKE '%amount_paid >= 0%' AND pg_get_constraintdef(oid) LIKE '%amount_paid <= total%';
    EXECUTE format('ALTER TABLE bookings DROP CONSTRAINT %I', old);
END $$;
ALTER TABLE bookings
    ADD CONSTRAINT bookings_paid CHECK (amount_paid >= 0 AND amount_paid - credited <= total),
    ADD COLUMN checked_in_at timestamptz;

ALTER TABLE booking_payments
    ADD COLUMN method         text NOT NULL DEFAULT 'online'
        CHECK (method IN ('online', 'cash', 'card_terminal', 'invoice')),
    ADD COLUMN recorded_by    uuid,
    -- The price it was paid towards; what the ledger splits it by, also when it goes back.
    ADD COLUMN price_subtotal bigint,
    ADD COLUMN price_total    bigint;
ALTER TABLE booking_refunds
    ADD COLUMN method      text NOT NULL DEFAULT 'online'
        CHECK (method IN ('online', 'cash', 'card_terminal', 'invoice')),
    ADD COLUMN recorded_by uuid;

-- What few bookings have, as one document, so that the table stays one that is read at a glance:
--   guest           {name, email, phone} of somebody without an account, booked by staff
--   booked_by       the member of staff who made it
--   payment_mode    online or at_desk
--   desk            {paid, refunded, credited}: the part of amount_paid and amount_refunded that was taken and handed
--                   back at the studio's desk, and of what moves gave back
--   credited        what moves to cheaper times have given back of amount_paid, whether or not it has gone out yet
--   refund_at_desk  the part of refund_due that the studio hands back itself
--   checked_in_at
ALTER TABLE bookings
    ALTER COLUMN customer_user_id DROP NOT NULL,
    ADD COLUMN details jsonb NOT NULL DEFAULT '{}',
    ADD CONSTRAINT bookings_customer CHECK ((customer_user_id IS NULL) = (details -> 'guest' ->> 'name' IS NOT NULL));
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
ALTER TABLE bookings ADD CONSTRAINT bookings_paid CHECK (
    amount_paid >= 0 AND amount_paid - coalesce((details ->> 'credited')::bigint, 0) <= total
    AND coalesce((details -> 'desk' ->> 'paid')::bigint, 0) BETWEEN 0 AND amount_paid
    AND coalesce((details -> 'desk' ->> 'refunded')::bigint, 0)
        BETWEEN 0 AND coalesce((details -> 'desk' ->> 'paid')::bigint, 0));

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

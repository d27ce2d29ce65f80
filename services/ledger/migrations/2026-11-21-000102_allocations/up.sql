-- Where the money of a booking stands, so that its events may arrive in any order.

-- A company's share of a booking: in its pending account until the booking is completed, in its payable one after.
CREATE TABLE booking_shares (
    booking_id   uuid        PRIMARY KEY,
    company_id   uuid        NOT NULL,
    currency     text        NOT NULL,
    share        bigint      NOT NULL DEFAULT 0,
    completed_at timestamptz
);

-- A payment of a booking: what has been refunded, and how it was split when it was applied to the booking.
CREATE TABLE payment_positions (
    payment_id  uuid   PRIMARY KEY,
    booking_id  uuid   NOT NULL REFERENCES booking_shares (booking_id),
    amount      bigint NOT NULL CHECK (amount > 0),
    refunded    bigint NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND amount),
    -- Null until the payment is applied: only then is it known under which rates it is split.
    commission  bigint,
    tax         bigint,
    tax_country text,
    CONSTRAINT payment_positions_split CHECK (
        (commission IS NULL AND tax IS NULL AND tax_country IS NULL)
        OR (commission IS NOT NULL AND tax IS NOT NULL AND tax_country IS NOT NULL)
    )
);
CREATE INDEX payment_positions_by_booking ON payment_positions (booking_id);

-- Disputes as far as they move money. What a dispute may cost a company is kept back from it until it is decided.
CREATE TABLE disputes (
    dispute_id uuid   PRIMARY KEY,
    payment_id uuid   NOT NULL,
    -- Null where the payment was not for a booking.
    booking_id uuid   REFERENCES booking_shares (booking_id),
    currency   text   NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount     bigint NOT NULL CHECK (amount > 0),
    state      text   NOT NULL CHECK (state IN ('open', 'won', 'lost')),
    -- Null until the provider has told what it charges.
    fee        bigint CHECK (fee > 0),
    reserved   bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    CONSTRAINT disputes_reserve_while_open CHECK (reserved = 0 OR state = 'open'),
    CONSTRAINT disputes_reserve_of_company CHECK (reserved = 0 OR booking_id IS NOT NULL)
);
CREATE INDEX disputes_by_booking ON disputes (booking_id);

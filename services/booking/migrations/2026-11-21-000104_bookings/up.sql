CREATE TABLE bookings (
    id                      uuid        PRIMARY KEY,
    version                 bigint      NOT NULL,
    status                  text        NOT NULL CHECK (status IN
        ('requested', 'held', 'confirmed', 'declined', 'expired', 'cancelled', 'completed', 'no_show')),
    company_id              uuid        NOT NULL REFERENCES companies (id),
    studio_id               uuid        NOT NULL REFERENCES studios (id),
    room_id                 uuid        NOT NULL REFERENCES rooms (id),
    customer_user_id        uuid        NOT NULL,
    starts_at               timestamptz NOT NULL,
    ends_at                 timestamptz NOT NULL,
    -- Refund tiers count to this start, so that moving a booking away and cancelling it gains nothing.
    original_starts_at      timestamptz NOT NULL,
    time_zone               text        NOT NULL,
    -- The room's settings as they were when it was booked.
    turnaround_minutes      integer     NOT NULL CHECK (turnaround_minutes >= 0),
    hold_minutes            integer     NOT NULL CHECK (hold_minutes > 0),
    free_cancellation_until timestamptz NOT NULL,
    -- The itemised quote that is charged, with its cancellation policy.
    price                   jsonb       NOT NULL,
    currency                text        NOT NULL,
    total                   bigint      NOT NULL CHECK (total >= 0),
    deposit_due             bigint      NOT NULL CHECK (deposit_due BETWEEN 0 AND total),
    amount_paid             bigint      NOT NULL DEFAULT 0 CHECK (amount_paid BETWEEN 0 AND total),
    amount_refunded         bigint      NOT NULL DEFAULT 0 CHECK (amount_refunded >= 0),
    hold_expires_at         timestamptz,
    request_expires_at      timestamptz,
    note                    text,
    cancelled_by            text        CHECK (cancelled_by IN ('customer', 'company')),
    cancel_reason           text,
    -- What the policy gave back when it was cancelled.
    refund_due              bigint      CHECK (refund_due >= 0),
    created_at              timestamptz NOT NULL,
    updated_at              timestamptz NOT NULL,
    CHECK (ends_at > starts_at),
    CHECK (status <> 'held' OR hold_expires_at IS NOT NULL),
    CHECK (status <> 'requested' OR request_expires_at IS NOT NULL)
);
CREATE INDEX bookings_of_customer ON bookings (customer_user_id, id);
CREATE INDEX bookings_of_customer_by_start ON bookings (customer_user_id, starts_at, id);
CREATE INDEX bookings_of_company ON bookings (company_id, starts_at, id);
CREATE INDEX bookings_of_room ON bookings (room_id, starts_at);
CREATE INDEX bookings_open_holds ON bookings (customer_user_id, company_id) WHERE status = 'held';
CREATE INDEX bookings_holds_due ON bookings (hold_expires_at) WHERE status = 'held';
CREATE INDEX bookings_requests_due ON bookings (request_expires_at) WHERE status = 'requested';
CREATE INDEX bookings_completion_due ON bookings (ends_at) WHERE status = 'confirmed';

-- Everything that keeps a room from being used: bookings with their turnaround, later also blackouts and imported
-- busy time. Whatever the code does wrong, the exclusion constraint does not let two active periods overlap.
CREATE TABLE occupancies (
    id         uuid      PRIMARY KEY,
    room_id    uuid      NOT NULL REFERENCES rooms (id),
    period     tstzrange NOT NULL CHECK (NOT isempty(period) AND lower_inc(period) AND NOT upper_inc(period)),
    kind       text      NOT NULL CHECK (kind IN ('booking', 'blackout', 'import')),
    booking_id uuid      REFERENCES bookings (id),
    active     boolean   NOT NULL,
    CONSTRAINT occupancies_booking_key UNIQUE (booking_id, room_id),
    CONSTRAINT occupancies_no_overlap EXCLUDE USING gist (room_id WITH =, period WITH &&) WHERE (active),
    CHECK ((kind = 'booking') = (booking_id IS NOT NULL))
);

CREATE TABLE booking_add_ons (
    booking_id uuid    NOT NULL REFERENCES bookings (id),
    add_on_id  uuid    NOT NULL REFERENCES add_ons (id),
    quantity   integer NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (booking_id, add_on_id)
);
CREATE INDEX booking_add_ons_use ON booking_add_ons (add_on_id);

-- What became of each payment that arrived for a booking; the key makes a payment count once.
CREATE TABLE booking_payments (
    payment_id  uuid        PRIMARY KEY,
    booking_id  uuid        NOT NULL REFERENCES bookings (id),
    amount      bigint      NOT NULL,
    -- Null where the payment counts towards the price, else why it could not be used.
    orphaned    text,
    received_at timestamptz NOT NULL
);
CREATE INDEX booking_payments_of_booking ON booking_payments (booking_id);

-- Refunds may be heard of before the payment they belong to, so they are kept and summed.
CREATE TABLE booking_refunds (
    refund_id   uuid        PRIMARY KEY,
    booking_id  uuid        NOT NULL REFERENCES bookings (id),
    payment_id  uuid        NOT NULL,
    amount      bigint      NOT NULL CHECK (amount > 0),
    received_at timestamptz NOT NULL
);
CREATE INDEX booking_refunds_of_booking ON booking_refunds (booking_id);

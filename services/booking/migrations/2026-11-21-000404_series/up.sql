-- Bookings that recur by one rule. What was asked for stays here; each booking is an ordinary one that names it.
CREATE TABLE booking_series (
    id               uuid        PRIMARY KEY,
    company_id       uuid        NOT NULL REFERENCES companies (id),
    studio_id        uuid        NOT NULL REFERENCES studios (id),
    -- Null where staff made it for somebody without an account.
    customer_user_id uuid,
    -- What every booking of it is made with.
    template         jsonb       NOT NULL,
    -- RFC 5545, on the wall clock of the zone.
    rule             text        NOT NULL,
    time_zone        text        NOT NULL,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL
);
CREATE INDEX booking_series_of_customer ON booking_series (customer_user_id, id);
CREATE INDEX booking_series_of_company ON booking_series (company_id, id);

ALTER TABLE bookings ADD COLUMN series_id uuid REFERENCES booking_series (id);

-- The dates of a series in their order.
CREATE TABLE series_occurrences (
    series_id uuid        NOT NULL REFERENCES booking_series (id),
    number    integer     NOT NULL CHECK (number > 0),
    starts_at timestamptz NOT NULL,
    ends_at   timestamptz NOT NULL,
    -- The booking of this date; of several the last one.
    booking_id uuid       CONSTRAINT series_occurrences_booking_key UNIQUE REFERENCES bookings (id),
    -- Why there is none.
    skipped_because text,
    -- Nobody wants this date any more.
    withdrawn boolean     NOT NULL,
    PRIMARY KEY (series_id, number),
    CHECK (ends_at > starts_at)
);

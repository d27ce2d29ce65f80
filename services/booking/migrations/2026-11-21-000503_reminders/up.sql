-- Which reminders have been told, so that each is told once.
CREATE TABLE booking_reminders (
    booking_id uuid        NOT NULL REFERENCES bookings (id),
    kind       text        NOT NULL CHECK (kind IN ('hold', 'balance')),
    told_at    timestamptz NOT NULL,
    PRIMARY KEY (booking_id, kind)
);
CREATE INDEX bookings_upcoming ON bookings (starts_at) WHERE status = 'confirmed';

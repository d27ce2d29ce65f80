-- Links with which a guest takes over what staff hold for them. Whoever has the token can, so only its hash is kept.
CREATE TABLE booking_links (
    token_hash bytea       PRIMARY KEY,
    booking_id uuid        NOT NULL REFERENCES bookings (id),
    created_by uuid        NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    used_by    uuid,
    CHECK ((used_at IS NULL) = (used_by IS NULL))
);
CREATE INDEX booking_links_of_booking ON booking_links (booking_id);

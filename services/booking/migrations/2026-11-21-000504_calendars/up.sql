-- Calendars that are shown to others. Whoever has the token reads them, so only its hash is kept.
CREATE TABLE calendar_feeds (
    id         uuid        PRIMARY KEY,
    token_hash bytea       NOT NULL CONSTRAINT calendar_feeds_token_key UNIQUE,
    created_by uuid        NOT NULL,
    -- Of a room or a studio, which the creator manages; else of the creator's own bookings.
    room_id    uuid        REFERENCES rooms (id),
    studio_id  uuid        REFERENCES studios (id),
    created_at timestamptz NOT NULL,
    CHECK (room_id IS NULL OR studio_id IS NULL)
);
CREATE INDEX calendar_feeds_of_creator ON calendar_feeds (created_by, id);
CREATE INDEX bookings_of_studio ON bookings (studio_id, ends_at);
CREATE INDEX bookings_of_customer_by_end ON bookings (customer_user_id, ends_at);

-- Calendars that are read: when they are busy, their room is occupied.
CREATE TABLE calendar_imports (
    id            uuid        PRIMARY KEY,
    room_id       uuid        NOT NULL REFERENCES rooms (id),
    company_id    uuid        NOT NULL REFERENCES companies (id),
    name          text        NOT NULL,
    url           text        NOT NULL,
    created_by    uuid        NOT NULL,
    created_at    timestamptz NOT NULL,
    next_fetch_at timestamptz NOT NULL,
    -- When what is known was last true.
    fetched_at    timestamptz,
    failures      integer     NOT NULL DEFAULT 0,
    last_error    text,
    CONSTRAINT calendar_imports_url_key UNIQUE (room_id, url)
);
CREATE INDEX calendar_imports_due ON calendar_imports (next_fetch_at);

ALTER TABLE occupancies ADD COLUMN import_id uuid REFERENCES calendar_imports (id) ON DELETE CASCADE;
CREATE INDEX occupancies_of_import ON occupancies (import_id) WHERE import_id IS NOT NULL;

-- Which conflicts the company has been told of.
CREATE TABLE calendar_conflicts (
    import_id      uuid        NOT NULL REFERENCES calendar_imports (id) ON DELETE CASCADE,
    booking_id     uuid        NOT NULL REFERENCES bookings (id),
    busy_starts_at timestamptz NOT NULL,
    busy_ends_at   timestamptz NOT NULL,
    told_at        timestamptz NOT NULL,
    PRIMARY KEY (import_id, booking_id, busy_starts_at, busy_ends_at)
);

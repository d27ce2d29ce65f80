-- Who waits for a room, or for any room of a studio, to become free.
CREATE TABLE waitlist_entries (
    id               uuid        PRIMARY KEY,
    version          bigint      NOT NULL,
    company_id       uuid        NOT NULL REFERENCES companies (id),
    studio_id        uuid        NOT NULL REFERENCES studios (id),
    -- Null for any room of the studio.
    room_id          uuid        REFERENCES rooms (id),
    customer_user_id uuid        NOT NULL,
    -- The booking has to lie in here.
    window_starts_at timestamptz NOT NULL,
    window_ends_at   timestamptz NOT NULL,
    minutes          integer     NOT NULL CHECK (minutes > 0),
    party_size       integer     CHECK (party_size > 0),
    status           text        NOT NULL CHECK (status IN ('waiting', 'offered', 'accepted', 'left')),
    -- What was offered: a hold of its own, for this customer. Whatever becomes of it becomes of the offer.
    booking_id       uuid        CONSTRAINT waitlist_entries_booking_key UNIQUE REFERENCES bookings (id),
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    CHECK (window_ends_at > window_starts_at),
    CHECK ((status = 'waiting') <= (booking_id IS NULL)),
    CHECK ((status IN ('offered', 'accepted')) <= (booking_id IS NOT NULL))
);
CREATE INDEX waitlist_entries_waiting ON waitlist_entries (studio_id, id) WHERE status = 'waiting';
CREATE INDEX waitlist_entries_of_customer ON waitlist_entries (customer_user_id, id);
CREATE INDEX waitlist_entries_of_company ON waitlist_entries (company_id, id);

-- Time that has become free where somebody waits; handled by a job and removed.
CREATE TABLE waitlist_openings (
    id        uuid      PRIMARY KEY,
    studio_id uuid      NOT NULL REFERENCES studios (id) ON DELETE CASCADE,
    period    tstzrange NOT NULL
);

-- Whatever frees a room, by whatever code or by hand, is noticed here.
CREATE FUNCTION notice_waitlist_opening() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    studio uuid;
BEGIN
    SELECT studio_id INTO studio FROM rooms WHERE id = OLD.room_id;
    IF EXISTS (SELECT 1 FROM waitlist_entries WHERE studio_id = studio AND status = 'waiting') THEN
        INSERT INTO waitlist_openings (id, studio_id, period) VALUES (gen_random_uuid(), studio, OLD.period);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER occupancies_free_on_update
    AFTER UPDATE OF active, period, room_id ON occupancies
    FOR EACH ROW
    WHEN (OLD.active AND (NOT NEW.active OR NEW.period <> OLD.period OR NEW.room_id <> OLD.room_id))
    EXECUTE FUNCTION notice_waitlist_opening();

CREATE TRIGGER occupancies_free_on_delete
    AFTER DELETE ON occupancies
    FOR EACH ROW
    WHEN (OLD.active)
    EXECUTE FUNCTION notice_waitlist_opening();

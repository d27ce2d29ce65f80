-- People who can be booked beside a room, in any room of their company. The row is the lock under which a person's
-- calendar changes.
CREATE TABLE engineers (
    id         uuid        PRIMARY KEY,
    company_id uuid        NOT NULL REFERENCES companies (id),
    name       text        NOT NULL,
    -- Takes no new bookings; those that exist stay.
    retired    boolean     NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX engineers_of_company ON engineers (company_id, id);

-- An add-on is done by one of these engineers for each one that is booked; by nobody in particular where it is empty.
ALTER TABLE add_ons ADD COLUMN engineers jsonb NOT NULL DEFAULT '[]';

-- Everything that keeps an engineer from being booked. Whatever the code does wrong, the exclusion constraint does not
-- let anybody be at two places at once.
CREATE TABLE engineer_occupancies (
    id          uuid        PRIMARY KEY,
    engineer_id uuid        NOT NULL REFERENCES engineers (id),
    period      tstzrange   NOT NULL CHECK (NOT isempty(period) AND lower_inc(period) AND NOT upper_inc(period)),
    kind        text        NOT NULL CHECK (kind IN ('booking', 'absence')),
    booking_id  uuid        REFERENCES bookings (id),
    add_on_id   uuid        REFERENCES add_ons (id),
    reason      text,
    active      boolean     NOT NULL,
    CONSTRAINT engineer_occupancies_no_overlap EXCLUDE USING gist (engineer_id WITH =, period WITH &&) WHERE (active),
    CONSTRAINT engineer_occupancies_booking_key UNIQUE (booking_id, engineer_id),
    CHECK ((kind = 'booking') = (booking_id IS NOT NULL)),
    CHECK ((kind = 'booking') = (add_on_id IS NOT NULL))
);
CREATE INDEX engineer_occupancies_absences ON engineer_occupancies (engineer_id, id) WHERE kind = 'absence';

-- An engineer's time follows the booking it belongs to: given back when the booking ends before its time, moved when
-- the booking is. Taking it is the code's decision; a move onto somebody else's time fails by the constraint.
CREATE FUNCTION engineers_follow_bookings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE engineer_occupancies
    SET active = NEW.status IN ('held', 'confirmed', 'completed', 'no_show'),
        period = tstzrange(NEW.starts_at, NEW.ends_at, '[)')
    WHERE booking_id = NEW.id AND active;
    RETURN NULL;
END $$;

CREATE TRIGGER bookings_move_engineers
    AFTER UPDATE OF status, starts_at, ends_at ON bookings
    FOR EACH ROW
    WHEN ((OLD.status, OLD.starts_at, OLD.ends_at) IS DISTINCT FROM (NEW.status, NEW.starts_at, NEW.ends_at))
    EXECUTE FUNCTION engineers_follow_bookings();

-- When a studio or a room is closed whatever its hours say: whole days or a span, once or every year, on the studio's
-- clock. Minutes count from midnight; null is the beginning or the end of the day.
CREATE TABLE blackouts (
    id          uuid        PRIMARY KEY,
    studio_id   uuid        NOT NULL REFERENCES studios (id),
    room_id     uuid        REFERENCES rooms (id),
    first_day   date        NOT NULL,
    last_day    date        NOT NULL CHECK (last_day >= first_day AND last_day <= first_day + 365),
    from_minute smallint    CHECK (from_minute BETWEEN 0 AND 1439),
    to_minute   smallint    CHECK (to_minute BETWEEN 1 AND 1440),
    yearly      boolean     NOT NULL,
    reason      text,
    -- A yearly one is written out for the years until this date; null where nothing is left to write.
    expanded_to date        CHECK (yearly OR expanded_to IS NULL),
    created_at  timestamptz NOT NULL
);
CREATE INDEX blackouts_of_studio ON blackouts (studio_id, id);
CREATE INDEX blackouts_of_room ON blackouts (room_id) WHERE room_id IS NOT NULL;
CREATE INDEX blackouts_to_expand ON blackouts (expanded_to) WHERE yearly;

-- What they mean as instants. They may overlap each other and bookings that were there before, so they are no rows of
-- the table of occupancy: its exclusion constraint would refuse them.
CREATE TABLE blackout_periods (
    blackout_id uuid      NOT NULL REFERENCES blackouts (id) ON DELETE CASCADE,
    studio_id   uuid      NOT NULL REFERENCES studios (id),
    room_id     uuid      REFERENCES rooms (id),
    period      tstzrange NOT NULL CHECK (NOT isempty(period) AND lower_inc(period) AND NOT upper_inc(period)),
    PRIMARY KEY (blackout_id, period)
);
-- A studio has few that are not over: those that end after an instant are found a tenth as dear as by a GiST index.
CREATE INDEX blackout_periods_of_studio ON blackout_periods (studio_id, upper(period));
CREATE INDEX blackout_periods_of_room ON blackout_periods (room_id) WHERE room_id IS NOT NULL;

-- No booking takes time in a blackout or in a room that is gone, whatever the code does. One that was there before the
-- blackout stays, and may end earlier. Whoever writes a blackout holds the locks of the rooms it closes, and so does
-- whoever books: the lock is taken here too, for those who forget.
CREATE FUNCTION refuse_closed_rooms() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    booked rooms%ROWTYPE;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.active AND OLD.room_id = NEW.room_id AND NEW.period <@ OLD.period THEN
        RETURN NEW;
    END IF;
    SELECT * INTO booked FROM rooms WHERE id = NEW.room_id FOR NO KEY UPDATE;
    IF booked.deleted_at IS NOT NULL THEN
        RAISE EXCEPTION 'room % is gone', NEW.room_id
            USING ERRCODE = 'check_violation', TABLE = 'occupancies', CONSTRAINT = 'occupancies_room_is_there';
    END IF;
    IF EXISTS (
        SELECT FROM blackout_periods b
        WHERE b.studio_id = booked.studio_id AND upper(b.period) > lower(NEW.period) AND lower(b.period) < upper(NEW.period)
            AND (b.room_id IS NULL OR b.room_id = NEW.room_id)
    ) THEN
        RAISE EXCEPTION 'room % is closed then', NEW.room_id
            USING ERRCODE = 'exclusion_violation', TABLE = 'occupancies', CONSTRAINT = 'occupancies_no_blackout';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER occupancies_refuse_closed_rooms BEFORE INSERT OR UPDATE OF room_id, period, active ON occupancies
    FOR EACH ROW WHEN (NEW.active AND NEW.kind = 'booking') EXECUTE FUNCTION refuse_closed_rooms();

-- A blackout that goes frees its rooms as a booking does. Written out anew it frees nothing: whoever looks finds the time
-- closed still.
CREATE FUNCTION notice_waitlist_opening_of_blackout() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM waitlist_entries
               WHERE studio_id = OLD.studio_id AND status = 'waiting'
                   -- A turnaround may reach into it, too.
                   AND tstzrange(window_starts_at - interval '1 day', window_ends_at + interval '1 day') && OLD.period) THEN
        INSERT INTO waitlist_openings (id, studio_id, period) VALUES (gen_random_uuid(), OLD.studio_id, OLD.period);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER blackouts_free_on_delete
    AFTER DELETE ON blackout_periods
    FOR EACH ROW
    EXECUTE FUNCTION notice_waitlist_opening_of_blackout();

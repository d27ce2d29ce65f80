-- What search looks at: a narrow row for each studio that is found, one for each room that can be booked there, and the
-- words that studios use. Written by triggers, in the transaction of whatever they are made of, so that no writer can
-- forget them; `refresh_search` makes them anew.

-- Positions on the sphere as points in space, in metres: the straight line between two of them grows with the way over
-- the ground, also over the poles and the date line, and an index knows the nearest.
CREATE EXTENSION IF NOT EXISTS cube;

CREATE TABLE studio_search (
    studio_id    uuid    PRIMARY KEY REFERENCES studios (id),
    city_id      uuid    NOT NULL,
    time_zone    text    NOT NULL,
    position     cube    NOT NULL,
    -- What pages are sorted by, upwards: see search/ranking in the guide.
    standing     bigint  NOT NULL,
    newest       bigint  NOT NULL,
    from_rate    bigint  NOT NULL,
    currency     text,
    worst_rating integer NOT NULL,
    -- Of all rooms together: what no room offers, the studio does not.
    max_capacity integer NOT NULL,
    equipment    text[]  NOT NULL,
    badges       text[]  NOT NULL,
    -- Hundredths of a star; 0 without reviews.
    rating       integer NOT NULL,
    -- When it is open: minutes from Monday's midnight on its clock, into the next week where an opening goes there.
    openings     int4multirange NOT NULL
);

CREATE TABLE room_search (
    room_id              uuid    PRIMARY KEY REFERENCES rooms (id),
    studio_id            uuid    NOT NULL REFERENCES studio_search (studio_id) ON DELETE CASCADE,
    hourly_rate          bigint  NOT NULL,
    currency             text    NOT NULL,
    capacity             integer NOT NULL,
    -- With what the studio has for all its rooms.
    equipment            text[]  NOT NULL,
    min_duration_minutes integer NOT NULL,
    max_duration_minutes integer NOT NULL,
    turnaround_minutes   integer NOT NULL,
    min_notice_minutes   integer NOT NULL,
    max_advance_days     integer NOT NULL
);

CREATE TABLE search_words (
    word text PRIMARY KEY
);

-- Makes the rows of these studios anew: none for one that is gone or whose company is closed.
CREATE FUNCTION refresh_search(changed uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- One after the other for each studio, so that whoever is second sees what the first has written. Always the last
    -- lock that a transaction takes, and in the order of ids. So many at once would fill the table of locks.
    IF cardinality(changed) > 200 THEN
        LOCK TABLE studio_search IN SHARE ROW EXCLUSIVE MODE;
    ELSE
        PERFORM pg_advisory_xact_lock(hashtextextended('search ' || id, 0))
            FROM (SELECT DISTINCT id::text FROM unnest(changed) AS id ORDER BY 1) AS studio (id);
    END IF;

    DELETE FROM studio_search WHERE studio_id = ANY (changed);

    WITH offered AS (
        SELECT r.studio_id, min(p.hourly_rate) AS from_rate, min(p.currency) AS currency, max(r.capacity) AS max_capacity
        FROM rooms r JOIN price_lists p ON p.room_id = r.id
        WHERE r.studio_id = ANY (changed) AND r.deleted_at IS NULL GROUP BY r.studio_id
    ), things AS (
        SELECT e.studio_id, array_agg(DISTINCT e.key) AS keys
        FROM equipment e LEFT JOIN rooms r ON r.id = e.room_id LEFT JOIN price_lists p ON p.room_id = r.id
        WHERE e.studio_id = ANY (changed)
            AND (e.room_id IS NULL OR (r.deleted_at IS NULL AND p.room_id IS NOT NULL)) GROUP BY e.studio_id
    ), praise AS (
        SELECT b.studio_id, array_agg(b.badge ORDER BY b.badge) AS badges
        FROM studio_badges b WHERE b.studio_id = ANY (changed) GROUP BY b.studio_id
    ), pictured AS (
        SELECT DISTINCT r.studio_id FROM rooms r JOIN room_photos f ON f.room_id = r.id
        WHERE r.studio_id = ANY (changed) AND r.deleted_at IS NULL AND f.state = 'shown'
    ), week AS (
        SELECT h.studio_id, range_agg(int4range(h.weekday * 1440 + h.opens_minute, h.weekday * 1440 + h.closes_minute)) AS openings
        FROM studio_openings h WHERE h.studio_id = ANY (changed) GROUP BY h.studio_id
    ), judged AS (
        SELECT s.*, (extract(epoch FROM s.created_at) * 1000000)::bigint AS made,
            -- The earth's, and up to half a metre of the studio's own: no two are as far from anywhere, so that the
            -- nearest have an order without a second column, which an index could not give.
            6371008.8 + (hashtextextended(s.id::text, 0) & 2147483647) / 4294967296.0 AS radius,
            -- Five reviews of three and a half stars go before the first.
            round(100 * (s.rating_sum + 17.5) / (s.rating_count + 5))::bigint AS quality
        FROM studios s JOIN companies k ON k.id = s.company_id
        WHERE s.id = ANY (changed) AND s.deleted_at IS NULL AND NOT k.closed
    )
    INSERT INTO studio_search (studio_id, city_id, time_zone, position, standing, newest, from_rate, currency,
        worst_rating, max_capacity, equipment, badges, rating, openings)
    SELECT s.id, s.city_id, s.time_zone,
        cube(ARRAY[
            s.radius * cos(radians(s.latitude)) * cos(radians(s.longitude)),
            s.radius * cos(radians(s.latitude)) * sin(radians(s.longitude)),
            s.radius * sin(radians(s.latitude))
        ]),
        -(10000000000000000 * (s.quality
            + CASE WHEN o.studio_id IS NULL THEN 0 ELSE 25 END + CASE WHEN f.studio_id IS NULL THEN 0 ELSE 25 END)
            + s.made),
        -s.made,
        coalesce(o.from_rate, 9223372036854775807),
        o.currency,
        CASE WHEN s.rating_count = 0 THEN 0 ELSE -s.quality END,
        coalesce(o.max_capacity, 0),
        coalesce(t.keys, '{}'),
        coalesce(p.badges, '{}'),
        CASE WHEN s.rating_count = 0 THEN 0 ELSE round(100.0 * s.rating_sum / s.rating_count) END,
        coalesce(w.openings, '{}')
    FROM judged s
        LEFT JOIN offered o ON o.studio_id = s.id
        LEFT JOIN things t ON t.studio_id = s.id
        LEFT JOIN praise p ON p.studio_id = s.id
        LEFT JOIN pictured f ON f.studio_id = s.id
        LEFT JOIN week w ON w.studio_id = s.id;

    INSERT INTO room_search (room_id, studio_id, hourly_rate, currency, capacity, equipment, min_duration_minutes,
        max_duration_minutes, turnaround_minutes, min_notice_minutes, max_advance_days)
    SELECT r.id, r.studio_id, p.hourly_rate, p.currency, r.capacity,
        ARRAY(SELECT DISTINCT e.key FROM equipment e
              WHERE e.studio_id = r.studio_id AND (e.room_id IS NULL OR e.room_id = r.id)),
        r.min_duration_minutes, coalesce(r.max_duration_minutes, 10080), r.turnaround_minutes, r.min_notice_minutes,
        r.max_advance_days
    FROM rooms r JOIN price_lists p ON p.room_id = r.id JOIN studio_search s ON s.studio_id = r.studio_id
    WHERE r.studio_id = ANY (changed) AND r.deleted_at IS NULL;

    INSERT INTO search_words (word)
    SELECT DISTINCT w.lexeme FROM studios s, unnest(s.search) AS w WHERE s.id = ANY (changed) ORDER BY 1
    ON CONFLICT DO NOTHING;
END $$;

-- The studios whose rows changed: the trigger's argument finds their ids in the rows that were written.
CREATE FUNCTION refresh_search_of_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed uuid[];
BEGIN
    EXECUTE 'SELECT array_agg(DISTINCT studio_id) FROM (' || TG_ARGV[0] || ') AS touched (studio_id)' INTO changed;
    IF changed IS NOT NULL THEN
        PERFORM refresh_search(changed);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER studios_made_searchable AFTER INSERT ON studios REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION refresh_search_of_changed('SELECT id FROM written');
CREATE TRIGGER studios_changed_searchable AFTER UPDATE ON studios REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION refresh_search_of_changed('SELECT id FROM written');
CREATE TRIGGER rooms_made_searchable AFTER INSERT ON rooms REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION refresh_search_of_changed('SELECT studio_id FROM written');
CREATE TRIGGER rooms_changed_searchable AFTER UPDATE ON rooms REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION refresh_search_of_changed('SELECT studio_id FROM written');
CREATE TRIGGER price_lists_made_searchable AFTER INSERT ON price_lists REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION refresh_search_of_changed(
        'SELECT r.studio_id FROM written w JOIN rooms r ON r.id = w.room_id');
CREATE TRIGGER price_lists_changed_searchable AFTER UPDATE ON price_lists REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION refresh_search_of_changed(
        'SELECT r.studio_id FROM written w JOIN rooms r ON r.id = w.room_id');
CREATE TRIGGER price_lists_gone_searchable AFTER DELETE ON price_lists REFERENCING OLD TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION refresh_search_of_changed(
        'SELECT r.studio_id FROM written w JOIN rooms r ON r.id = w.room_id');
CREATE TRIGGER openings_made_searchable AFTER INSERT ON studio_openings REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION refresh_search_of_changed('SELECT studio_id FROM written');
CREATE TRIGGER openings_gone_searchable AFTER DELETE ON studio_openings REFERENCING OLD TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION refresh_search_of_changed('SELECT studio_id FROM written');
CREATE TRIGGER equipment_made_searchable AFTER INSERT ON equipment REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION refresh_search_of_changed('SELECT studio_id FROM written');
CREATE TRIGGER equipment_gone_searchable AFTER DELETE ON equipment REFERENCING OLD TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION refresh_search_of_changed('SELECT studio_id FROM written');
CREATE TRIGGER badges_given_searchable AFTER INSERT ON studio_badges REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION refresh_search_of_changed('SELECT studio_id FROM written');
CREATE TRIGGER badges_taken_searchable AFTER DELETE ON studio_badges REFERENCING OLD TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION refresh_search_of_changed('SELECT studio_id FROM written');
CREATE TRIGGER photos_shown_searchable AFTER UPDATE ON room_photos REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION refresh_search_of_changed(
        'SELECT r.studio_id FROM written w JOIN rooms r ON r.id = w.room_id');
CREATE TRIGGER companies_changed_searchable AFTER UPDATE ON companies
    REFERENCING OLD TABLE AS before NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION refresh_search_of_changed(
        'SELECT s.id FROM written w JOIN before b ON b.id = w.id AND b.closed IS DISTINCT FROM w.closed
         JOIN studios s ON s.company_id = w.id');

CREATE INDEX studio_search_standing ON studio_search (standing, studio_id);
CREATE INDEX studio_search_newest ON studio_search (newest, studio_id);
CREATE INDEX studio_search_from_rate ON studio_search (from_rate, studio_id);
CREATE INDEX studio_search_rating ON studio_search (worst_rating, studio_id);
CREATE INDEX studio_search_city ON studio_search (city_id, studio_id);
CREATE INDEX studio_search_position ON studio_search USING gist (position);
CREATE INDEX studio_search_equipment ON studio_search USING gin (equipment);
CREATE INDEX studio_search_badges ON studio_search USING gin (badges);
CREATE INDEX studio_search_zone ON studio_search (time_zone);
CREATE INDEX room_search_of_studio ON room_search (studio_id);
CREATE INDEX room_search_rate ON room_search (hourly_rate, studio_id, room_id);
CREATE INDEX search_words_trigrams ON search_words USING gin (word gin_trgm_ops);

DO $$
DECLARE
    batch uuid[];
BEGIN
    FOR batch IN
        SELECT array_agg(id) FROM (SELECT id, row_number() OVER (ORDER BY id) / 1000 AS part FROM studios) s GROUP BY part
    LOOP
        PERFORM refresh_search(batch);
    END LOOP;
END $$;

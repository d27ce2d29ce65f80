-- 50,000 studios with 150,000 rooms in 100 cities of four time zones, with words, things, badges, reviews and bookings.
-- Everything follows from the numbers, so that two runs search the same. Triggers are off: what search looks at is made
-- of it at the end.
SET session_replication_role = replica;
CREATE FUNCTION pg_temp.made(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT ('00000000-0000-7000-8' || lpad(to_hex(kind), 3, '0') || '-' || lpad(to_hex(n), 12, '0'))::uuid $$;
-- Evenly spread over 0 to below 1.
CREATE FUNCTION pg_temp.spread(n bigint, salt bigint) RETURNS float8 LANGUAGE sql IMMUTABLE AS
    $$ SELECT (hashint8(n * 31 + salt) & 1048575) / 1048576.0 $$;

INSERT INTO countries (id, code, name, currency, created_at)
SELECT pg_temp.made(1, n), chr(64 + n) || 'X', 'Country ' || n, 'EUR', now() FROM generate_series(1, 5) n;
INSERT INTO cities (id, country_id, name, time_zone, latitude, longitude, created_at)
SELECT pg_temp.made(2, n), pg_temp.made(1, n % 5 + 1), 'City ' || n,
    (ARRAY['Europe/Berlin', 'Europe/London', 'America/New_York', 'Asia/Tokyo'])[n % 4 + 1],
    35 + 20 * pg_temp.spread(n, 1), -10 + 40 * pg_temp.spread(n, 2), now()
FROM generate_series(0, 99) n;
INSERT INTO companies (id, version, slug, name, country, currency)
SELECT pg_temp.made(3, n), 1, 'company-' || n, 'Company ' || n, 'DE', 'EUR' FROM generate_series(0, 4999) n;

CREATE TEMP TABLE words AS
SELECT n AS nr, (ARRAY['ka','lo','mi','ra','tu','se','vo','ni','pe','zu','gra','sto','bli','fen','dor','mu'])[1 + n % 16]
    || (ARRAY['lan','ber','tok','sin','rum','vel','dax','pol','gin','hef'])[1 + (n / 16) % 10]
    || (ARRAY['g','ton','werk','o','a','is','en','ix','um','er'])[1 + (n / 160) % 10] AS word
FROM generate_series(0, 1599) n;

INSERT INTO studios (id, company_id, slug, name, description, city_id, line1, postal_code, latitude, longitude, time_zone,
    created_at, updated_at, search_text, search, rating_sum, rating_count)
SELECT pg_temp.made(4, n), pg_temp.made(3, n % 5000), 'studio-' || n, initcap(a.word) || ' ' || initcap(b.word) || ' Studio',
    d.text, c.id, 'Street ' || n, '10000', c.latitude + 0.3 * (pg_temp.spread(n, 4) - 0.5),
    c.longitude + 0.3 * (pg_temp.spread(n, 5) - 0.5), c.time_zone, now() - pg_temp.spread(n, 6) * interval '900 days', now(),
    a.word || ' ' || b.word || ' studio ' || lower(c.name),
    setweight(to_tsvector('simple', a.word || ' ' || b.word || ' studio'), 'A')
        || setweight(to_tsvector('simple', lower(c.name) || ' country'), 'B') || setweight(to_tsvector('simple', d.text), 'D'),
    r.count * 3 + (r.count * pg_temp.spread(n, 7) * 2)::int, r.count
FROM generate_series(0, 49999) n
    JOIN cities c ON c.id = pg_temp.made(2, (100 * pow(pg_temp.spread(n, 3), 1.5))::int % 100)
    JOIN words a ON a.nr = (1600 * pg_temp.spread(n, 8))::int % 1600
    JOIN words b ON b.nr = (1600 * pg_temp.spread(n, 9))::int % 1600
    JOIN words e ON e.nr = (1600 * pg_temp.spread(n, 10))::int % 1600
    CROSS JOIN LATERAL (SELECT repeat(e.word || ' rehearsal and recording rooms with daylight and good coffee. ', 5) AS text) d
    CROSS JOIN LATERAL (SELECT greatest(0, (40 * pg_temp.spread(n, 11))::int - 8) AS count) r;

INSERT INTO studio_slugs (slug, studio_id) SELECT slug, id FROM studios;

INSERT INTO operating_hours (studio_id, weekday, opens_minute, closes_minute)
SELECT pg_temp.made(4, n), weekday, 540, CASE WHEN n % 3 = 0 THEN 1440 ELSE 1320 END
FROM generate_series(0, 49999) n, generate_series(0, 6) weekday;
INSERT INTO studio_openings (studio_id, weekday, opens_minute, closes_minute)
SELECT studio_id, weekday, opens_minute, closes_minute FROM operating_hours;

INSERT INTO rooms (id, studio_id, company_id, name, capacity, min_duration_minutes, max_duration_minutes, slot_step_minutes,
    turnaround_minutes, min_notice_minutes, max_advance_days, hold_minutes, free_cancellation_minutes, booking_mode,
    created_at, updated_at)
SELECT pg_temp.made(5, n), pg_temp.made(4, n / 3), pg_temp.made(3, n / 3 % 5000), 'Room ' || n % 3,
    1 + (32 * pow(pg_temp.spread(n, 12), 2))::int, 60, 1440, 30, 15 * (n % 2), 60 * (n % 4), 90 + 90 * (n % 4), 30, 0, 'instant',
    now(), now()
FROM generate_series(0, 149999) n;
INSERT INTO price_lists (room_id, version, currency, hourly_rate, rules, duration_discounts, cleaning_fee, tax_rate,
    cancellation_policy, updated_at)
SELECT pg_temp.made(5, n), 1, 'EUR', 500 + (9500 * pow(pg_temp.spread(n, 13), 2))::int, '[]', '[]', 0, 19, '[]', now()
FROM generate_series(0, 149999) n;

-- Two things a studio and two a room, a few of 40 kinds much more often than the others.
INSERT INTO equipment (id, studio_id, room_id, key, name, quantity, position)
SELECT pg_temp.made(6, n), pg_temp.made(4, n / 8), CASE WHEN n % 8 < 2 THEN NULL ELSE pg_temp.made(5, n / 8 * 3 + (n % 8 - 2) / 2) END,
    'thing-' || t.kind, 'Thing ' || t.kind, 1, n % 2
FROM generate_series(0, 399999) n CROSS JOIN LATERAL (SELECT (39 * pow(pg_temp.spread(n, 14), 2))::int AS kind) t
ON CONFLICT DO NOTHING;
INSERT INTO studio_badges (studio_id, badge, granted_by, granted_at)
SELECT pg_temp.made(4, n), badge, pg_temp.made(3, 0), now()
FROM generate_series(0, 49999) n, unnest(ARRAY['verified', 'top-rated', 'analog', 'nightly']) WITH ORDINALITY b (badge, rank)
WHERE pg_temp.spread(n, 20 + rank) < 0.4 / rank;
INSERT INTO blackouts (id, studio_id, first_day, last_day, yearly, created_at)
SELECT pg_temp.made(7, n), pg_temp.made(4, n), current_date + 5 + (20 * pg_temp.spread(n, 15))::int,
    current_date + 5 + (20 * pg_temp.spread(n, 15))::int, false, now()
FROM generate_series(0, 49999, 5) n;
INSERT INTO blackout_periods (blackout_id, studio_id, period)
SELECT id, studio_id, tstzrange(first_day, last_day + 1) FROM blackouts;

-- Five bookings a room within thirty days.
INSERT INTO bookings (id, version, status, company_id, studio_id, room_id, customer_user_id, starts_at, ends_at,
    original_starts_at, time_zone, turnaround_minutes, hold_minutes, free_cancellation_until, price, currency, total,
    deposit_due, created_at, updated_at)
SELECT pg_temp.made(8, n), 1, 'confirmed', pg_temp.made(3, n / 15 % 5000), pg_temp.made(4, n / 15), pg_temp.made(5, n / 5),
    pg_temp.made(9, n), s, s + interval '2 hours', s, 'Europe/Berlin', 0, 30, now(), '{}', 'EUR', 100, 0, now(), now()
FROM generate_series(0, 749999) n CROSS JOIN LATERAL (
    SELECT date_trunc('day', now()) + (1 + n % 5 * 6 + (4 * pg_temp.spread(n, 16))::int) * interval '1 day'
        + (9 + (8 * pg_temp.spread(n, 17))::int) * interval '1 hour' AS s) t;
INSERT INTO occupancies (id, room_id, period, kind, booking_id, active)
SELECT id, room_id, tstzrange(starts_at, ends_at), 'booking', id, true FROM bookings;
SET session_replication_role = origin;

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

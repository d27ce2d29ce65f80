-- A studio that never closes with ROOMS rooms, each with BOOKINGS bookings of three minutes, 20 in each hour of which a
-- third is left free: 10,000 of them fill 31 days.
SET session_replication_role = replica;
INSERT INTO countries (id, code, name, currency, created_at)
VALUES ('00000000-0000-7000-8000-000000000000', 'FI', 'Finland', 'EUR', now());
INSERT INTO cities (id, country_id, name, time_zone, latitude, longitude, created_at)
SELECT id, id, 'Helsinki', 'Europe/Helsinki', 60.17, 24.94, now() FROM countries;
INSERT INTO companies (id, version, slug, name, country, currency)
SELECT id, 1, 'bench', 'Bench Oy', 'FI', 'EUR' FROM countries;
INSERT INTO studios (id, company_id, slug, name, city_id, line1, postal_code, latitude, longitude, time_zone, created_at,
                     updated_at, search_text, search)
SELECT id, id, 'bench-studio', 'Bench Studio', id, 'Mannerheimintie 1', '00100', 60.17, 24.94, 'Europe/Helsinki', now(),
       now(), 'bench studio', to_tsvector('simple', 'bench studio')
FROM countries;
INSERT INTO studio_slugs (slug, studio_id) SELECT slug, id FROM studios;
INSERT INTO operating_hours (studio_id, weekday, opens_minute, closes_minute)
SELECT id, weekday, 0, 1440 FROM studios, generate_series(0, 6) weekday;
INSERT INTO rooms (id, studio_id, company_id, name, capacity, min_duration_minutes, slot_step_minutes,
                   turnaround_minutes, min_notice_minutes, max_advance_days, hold_minutes, free_cancellation_minutes,
                   booking_mode, created_at, updated_at)
SELECT ('00000000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid, id, id, 'Room ' || n, 5, 3, 30, 0, 0, 400, 30, 0,
       'instant', now(), now()
FROM countries, generate_series(0, ROOMS - 1) n;
INSERT INTO price_lists (room_id, version, currency, hourly_rate, rules, duration_discounts, cleaning_fee, tax_rate,
    cancellation_policy, updated_at)
SELECT id, 1, 'EUR', 2000, '[{"name": "Evening", "weekdays": ["friday", "saturday"], "from": "18:00", "to": "24:00", "hourly_rate": 3000}]',
    '[]', 0, 25.5, '[]', now() FROM rooms;
INSERT INTO bookings (id, version, status, company_id, studio_id, room_id, customer_user_id, starts_at, ends_at,
    original_starts_at, time_zone, turnaround_minutes, hold_minutes, free_cancellation_until, price, currency, total,
    deposit_due, created_at, updated_at)
SELECT gen_random_uuid(), 1, 'confirmed', r.company_id, r.studio_id, r.id, r.id, s, s + interval '3 minutes', s,
    'Europe/Helsinki', 0, 30, now(), '{}', 'EUR', 100, 0, now(), now()
FROM rooms r, generate_series(0, BOOKINGS - 1) n CROSS JOIN LATERAL (
    SELECT date_trunc('day', now()) + interval '1 day' + (n / 320) * interval '1 day'
        + (n % 320 / 20 / 2 * 3 + n % 320 / 20 % 2) * interval '1 hour' + (n % 20) * interval '3 minutes' AS s) t;
INSERT INTO occupancies (id, room_id, period, kind, booking_id, active)
SELECT gen_random_uuid(), room_id, tstzrange(starts_at, ends_at), 'booking', id, true FROM bookings;
SET session_replication_role = origin;

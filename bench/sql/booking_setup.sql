-- As many rooms as the platform under test has, in the same tables.
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
INSERT INTO rooms (id, studio_id, company_id, name, capacity, min_duration_minutes, slot_step_minutes,
                   turnaround_minutes, min_notice_minutes, max_advance_days, hold_minutes, free_cancellation_minutes,
                   booking_mode, created_at, updated_at)
SELECT ('00000000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid, id, id, 'Room ' || n, 5, 60, 60, 0, 0, 365, 30, 0,
       'instant', now(), now()
FROM countries, generate_series(0, ROOMS - 1) n;

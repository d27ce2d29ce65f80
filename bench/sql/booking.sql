-- One hold: all rooms first, then the next hour. A round begins where no other has been.
\set n :n + 1
\set number :n * :clients + :client_id
\set room :number % :rooms
\set hour :round * 100000 + :number / :rooms
BEGIN;
SELECT id FROM rooms
WHERE id = ('00000000-0000-7000-8001-' || lpad(to_hex(:room::int), 12, '0'))::uuid FOR NO KEY UPDATE;
INSERT INTO bookings
    (id, version, status, company_id, studio_id, room_id, customer_user_id, starts_at, ends_at, original_starts_at,
     time_zone, turnaround_minutes, hold_minutes, free_cancellation_until, price, currency, total, deposit_due,
     hold_expires_at, created_at, updated_at)
VALUES
    ((lpad(to_hex(:round::int), 8, '0') || '-0000-7000-8002-' || lpad(to_hex(:number::int), 12, '0'))::uuid, 1, 'held',
     '00000000-0000-7000-8000-000000000000', '00000000-0000-7000-8000-000000000000',
     ('00000000-0000-7000-8001-' || lpad(to_hex(:room::int), 12, '0'))::uuid, '00000000-0000-7000-8003-000000000000',
     '2030-01-01Z'::timestamptz + :hour::int * interval '1 hour',
     '2030-01-01Z'::timestamptz + (:hour::int + 1) * interval '1 hour',
     '2030-01-01Z'::timestamptz + :hour::int * interval '1 hour',
     'Europe/Helsinki', 0, 30, now(),
     '{"lines": [{"kind": "room", "description": "Room, 1 h", "quantity": "1", "unit_amount": {"amount": 2000, "currency": "EUR"}, "amount": {"amount": 2000, "currency": "EUR"}}, {"kind": "tax", "description": "VAT 25.5 %", "quantity": "1", "unit_amount": {"amount": 510, "currency": "EUR"}, "amount": {"amount": 510, "currency": "EUR"}}], "subtotal": {"amount": 2000, "currency": "EUR"}, "tax": {"amount": 510, "currency": "EUR"}, "total": {"amount": 2510, "currency": "EUR"}, "cancellation_policy": [{"min_hours_before": 24, "refund_percent": "100"}]}',
     'EUR', 2510, 0, now() + interval '30 minutes', now(), now());
INSERT INTO occupancies (id, room_id, period, kind, booking_id, active)
VALUES
    ((lpad(to_hex(:round::int), 8, '0') || '-0000-7000-8004-' || lpad(to_hex(:number::int), 12, '0'))::uuid,
     ('00000000-0000-7000-8001-' || lpad(to_hex(:room::int), 12, '0'))::uuid,
     tstzrange('2030-01-01Z'::timestamptz + :hour::int * interval '1 hour',
               '2030-01-01Z'::timestamptz + (:hour::int + 1) * interval '1 hour', '[)'),
     'booking',
     (lpad(to_hex(:round::int), 8, '0') || '-0000-7000-8002-' || lpad(to_hex(:number::int), 12, '0'))::uuid, true);
INSERT INTO outbox (id, shard, event_type, aggregate_type, aggregate_id, version, payload, occurred_at)
VALUES
    ((lpad(to_hex(:round::int), 8, '0') || '-0000-7000-8005-' || lpad(to_hex(:number::int), 12, '0'))::uuid,
     :number % 16, 'booking.booking_held.v1', 'booking',
     (lpad(to_hex(:round::int), 8, '0') || '-0000-7000-8002-' || lpad(to_hex(:number::int), 12, '0'))::uuid, 1,
     decode(repeat('0a', 400), 'hex'), now());
COMMIT;

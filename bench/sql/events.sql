-- The least that an event handled exactly once costs its consumer: its id, in a transaction of its own.
BEGIN;
INSERT INTO inbox (consumer, event_id) VALUES ('pgbench', gen_random_uuid()) ON CONFLICT DO NOTHING;
COMMIT;

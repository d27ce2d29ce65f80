-- Two different accounts (where one is hot, the first and another), the lower first, so that no two clients wait for each
-- other in a circle.
\set one case when :hot = 1 then 1 else random(1, :accounts) end
\set other (:one - 1 + random(1, :accounts - 1)) % :accounts + 1
\set a least(:one, :other)
\set b greatest(:one, :other)
BEGIN;
UPDATE pgbench_ledger_accounts SET posted = posted + 100, entry_count = entry_count + 1
WHERE id = ('00000000-0000-7000-8000-' || lpad(to_hex(:a::int), 12, '0'))::uuid
RETURNING id AS id_a, posted AS posted_a, entry_count AS count_a \gset
UPDATE pgbench_ledger_accounts SET posted = posted - 100, entry_count = entry_count + 1
WHERE id = ('00000000-0000-7000-8000-' || lpad(to_hex(:b::int), 12, '0'))::uuid
RETURNING id AS id_b, posted AS posted_b, entry_count AS count_b \gset
INSERT INTO pgbench_ledger_entries
    (account_id, number, transfer_id, position, amount, currency, balance_after, recorded_at)
SELECT e.account_id, e.number, t.id, e.position, e.amount, 'EUR', e.balance_after, now()
FROM (SELECT gen_random_uuid() AS id) t,
     (VALUES (:id_a::uuid, :count_a::bigint, 0::smallint, 100::bigint, :posted_a::bigint),
             (:id_b::uuid, :count_b::bigint, 1::smallint, -100::bigint, :posted_b::bigint))
     e (account_id, number, position, amount, balance_after);
COMMIT;

-- The ledger's tables without their triggers, which would refuse balances that are set by hand.
CREATE TABLE pgbench_ledger_accounts (LIKE accounts INCLUDING ALL) WITH (fillfactor = 50);
CREATE TABLE pgbench_ledger_entries (LIKE entries INCLUDING ALL);
INSERT INTO pgbench_ledger_accounts (id, code, currency, kind, normal_side, opened_at)
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'account:' || n, 'EUR', 'liability', 'credit', now()
FROM generate_series(1, ACCOUNTS) n;

-- TRANSACTIONS payments in thirty days from BEGINNING, of two entries each; one in ODD has another name than the provider's.
-- Everything is sealed: what is measured is comparing.
SET session_replication_role = replica;
INSERT INTO accounts (id, code, currency, kind, normal_side, posted, entry_count, opened_at)
VALUES ('00000000-0000-7000-8000-000000000000', 'assets:provider:stripe', 'EUR', 'asset', 'debit', TRANSACTIONS * 4760::bigint,
        TRANSACTIONS, 'BEGINNING'),
       ('00000000-0000-7000-8000-000000000001', 'liabilities:unallocated', 'EUR', 'liability', 'credit',
        TRANSACTIONS * 4760::bigint, TRANSACTIONS, 'BEGINNING')
ON CONFLICT (code, currency) DO UPDATE SET id = excluded.id, posted = excluded.posted, entry_count = excluded.entry_count;
INSERT INTO transfers (id, kind, fingerprint, source, effective_at, recorded_at)
SELECT ('00000000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid, 'payment_received', decode(repeat('00', 32), 'hex'),
       CASE n % ODD WHEN 0 THEN 'book_' ELSE 'pay_' END || n, at, at
FROM generate_series(0, TRANSACTIONS - 1) n
     CROSS JOIN LATERAL (SELECT 'BEGINNING'::timestamptz + interval '30 days' * (n::float8 / TRANSACTIONS) AS at) t
ORDER BY n;
INSERT INTO entries (account_id, number, transfer_id, position, amount, currency, balance_after, recorded_at)
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(side), 12, '0'))::uuid, n + 1,
       ('00000000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid, side, CASE side WHEN 0 THEN 4760 ELSE -4760 END, 'EUR',
       (n + 1) * 4760::bigint, 'BEGINNING'
FROM generate_series(0, TRANSACTIONS - 1) n, generate_series(0, 1) side
ORDER BY n, side;
INSERT INTO seals (number, through_seq, transfers, digests, hash, sealed_at)
SELECT 1, max(seq), array_agg(id) FILTER (WHERE seq = 1), array_agg(fingerprint) FILTER (WHERE seq = 1),
       decode(repeat('00', 32), 'hex'), now()
FROM transfers;
SET session_replication_role = origin;

-- ENTRIES entries of a year in a thousand accounts: a half takes, the other gives. The first account is a customer's wallet.
-- Ids rise as those of real transfers do, and everything is sealed: what is measured is reading.
SET session_replication_role = replica;
INSERT INTO accounts (id, code, currency, kind, normal_side, owner_type, owner_id, posted, entry_count, opened_at)
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
       CASE n WHEN 0 THEN 'WALLET' ELSE 'account:' || n END, 'EUR',
       CASE n % 2 WHEN 0 THEN 'liability' ELSE 'asset' END, CASE n % 2 WHEN 0 THEN 'credit' ELSE 'debit' END,
       CASE n WHEN 0 THEN 'user' END, CASE n WHEN 0 THEN 'USER'::uuid END, ENTRIES / 1000 * 100, ENTRIES / 1000,
       now() - interval '1 year'
FROM generate_series(0, 999) n;
INSERT INTO transfers (id, kind, fingerprint, source, effective_at, recorded_at)
SELECT ('00000000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid, 'adjustment', decode(repeat('00', 32), 'hex'), 'bench',
       at, at
FROM generate_series(0, ENTRIES / 2 - 1) n
     CROSS JOIN LATERAL (SELECT now() - interval '1 year' * (1 - n::float8 / (ENTRIES / 2)) AS at) t
ORDER BY n;
INSERT INTO entries (account_id, number, transfer_id, position, amount, currency, balance_after, recorded_at)
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n % 500 * 2 + side), 12, '0'))::uuid, n / 500 + 1,
       ('00000000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid, side, CASE side WHEN 0 THEN -100 ELSE 100 END, 'EUR',
       (n / 500 + 1) * 100, now() - interval '1 year' * (1 - n::float8 / (ENTRIES / 2))
FROM generate_series(0, ENTRIES / 2 - 1) n, generate_series(0, 1) side
ORDER BY n, side;
INSERT INTO seals (number, through_seq, transfers, digests, hash, sealed_at)
SELECT 1, max(seq), array_agg(id) FILTER (WHERE seq = 1), array_agg(fingerprint) FILTER (WHERE seq = 1),
       decode(repeat('00', 32), 'hex'), now()
FROM transfers;
SET session_replication_role = origin;

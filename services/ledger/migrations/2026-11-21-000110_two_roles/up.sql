-- Two roles. Whoever migrates owns the tables; the service connects as `ledger_service`, which reads and inserts, and
-- changes of the book what triggers change for it. Migrating gives the role its password (see `store::ensure_login`);
-- where the operator has made the role beforehand, it is only granted its rights here.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_service') THEN
        CREATE ROLE ledger_service NOLOGIN;
    END IF;
EXCEPTION
    -- Roles belong to the server: another of its databases may be migrated at the same instant.
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

-- The tables of the shared crates, now and later, are the service's own business.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ledger_service;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ledger_service;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ledger_service;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO ledger_service;

-- The book is not. PostgreSQL wants the right to update some column from whoever locks a row; the triggers refuse every
-- update that is not theirs.
REVOKE UPDATE, DELETE ON accounts, transfers, entries FROM ledger_service;
GRANT UPDATE (id) ON accounts TO ledger_service;

-- When the last entry of the account was recorded: the next one is not recorded before it, whatever the clocks of several
-- processes say, so that a balance at a past instant is found by searching the entries.
ALTER TABLE accounts ADD COLUMN last_recorded_at timestamptz;
ALTER TABLE accounts DISABLE TRIGGER accounts_follow_entries;
UPDATE accounts a SET last_recorded_at = e.recorded_at
FROM entries e WHERE e.account_id = a.id AND e.number = a.entry_count;
ALTER TABLE accounts ENABLE TRIGGER accounts_follow_entries;

DROP TRIGGER accounts_follow_entries ON accounts;
DROP TRIGGER accounts_open_empty ON accounts;
-- Depth 0 is a statement of a client; the triggers of entries and holds update at depth 1.
CREATE TRIGGER accounts_follow_entries BEFORE UPDATE ON accounts
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION ledger_refuse('balances follow from entries');
CREATE TRIGGER accounts_open_empty BEFORE INSERT ON accounts
    FOR EACH ROW WHEN (NEW.posted <> 0 OR NEW.entry_count <> 0 OR NEW.pending_debits <> 0 OR NEW.pending_credits <> 0
                       OR NEW.last_recorded_at IS NOT NULL)
    EXECUTE FUNCTION ledger_refuse('balances follow from entries');

-- A transfer is taken back once.
CREATE UNIQUE INDEX transfers_reversed_once ON transfers (reverses) WHERE reverses IS NOT NULL;

-- Who had a person's transfer posted, and why.
ALTER TABLE transfers ADD COLUMN actor uuid, ADD COLUMN reason text;

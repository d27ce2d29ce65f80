ALTER TABLE transfers DROP COLUMN actor, DROP COLUMN reason;
DROP INDEX transfers_reversed_once;
DROP TRIGGER accounts_follow_entries ON accounts;
DROP TRIGGER accounts_open_empty ON accounts;
ALTER TABLE accounts DROP COLUMN last_recorded_at;
CREATE TRIGGER accounts_open_empty BEFORE INSERT ON accounts
    FOR EACH ROW WHEN (NEW.posted <> 0 OR NEW.entry_count <> 0)
    EXECUTE FUNCTION ledger_refuse('balances follow from entries');
CREATE TRIGGER accounts_follow_entries
    BEFORE UPDATE OF id, code, currency, kind, normal_side, posted, entry_count ON accounts
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION ledger_refuse('balances follow from entries');
-- The role belongs to the server and stays.
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM ledger_service;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM ledger_service;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ledger_service;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM ledger_service;

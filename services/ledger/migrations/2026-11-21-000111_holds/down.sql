DROP FUNCTION ledger_close_holds(uuid[]);
DROP TABLE hold_legs, open_holds;
DROP FUNCTION ledger_place_holds();
DROP FUNCTION ledger_move_pending(uuid[], integer);
DROP INDEX transfers_hold_closed_once;
ALTER TABLE transfers
    DROP CONSTRAINT transfers_close_holds, DROP CONSTRAINT transfers_holds_expire,
    DROP COLUMN phase, DROP COLUMN hold_id, DROP COLUMN expires_at;

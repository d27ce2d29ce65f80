DROP TABLE entries, transfers, accounts;
DROP FUNCTION ledger_check_transfers, ledger_apply_entries, ledger_refuse;

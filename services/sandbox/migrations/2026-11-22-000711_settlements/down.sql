ALTER TABLE connect_accounts DROP COLUMN payout_schedule;
DROP TABLE settlement_refunds;
DROP TABLE settlements;

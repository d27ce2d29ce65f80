DROP TABLE payouts, payout_schedules, payout_accounts;

DROP TABLE connect_payouts, connect_transfers, connect_links, connect_accounts;

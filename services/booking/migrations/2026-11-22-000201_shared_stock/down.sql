ALTER TABLE add_ons DROP COLUMN stock_shared;

DROP TABLE data_exports;
ALTER TABLE users DROP COLUMN erased_at;

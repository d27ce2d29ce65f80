ALTER TABLE disputes DROP COLUMN decided_at;

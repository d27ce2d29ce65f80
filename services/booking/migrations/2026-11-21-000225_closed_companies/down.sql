ALTER TABLE companies DROP COLUMN closed;

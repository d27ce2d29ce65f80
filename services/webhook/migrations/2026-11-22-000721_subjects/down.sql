ALTER TABLE provider_events DROP COLUMN subjects;

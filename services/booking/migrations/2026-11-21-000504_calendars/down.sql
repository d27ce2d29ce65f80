DROP TABLE calendar_conflicts;
DROP INDEX occupancies_of_import;
ALTER TABLE occupancies DROP COLUMN import_id;
DROP TABLE calendar_imports;
DROP INDEX bookings_of_customer_by_end;
DROP INDEX bookings_of_studio;
DROP TABLE calendar_feeds;

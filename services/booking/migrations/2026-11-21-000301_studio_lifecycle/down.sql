DROP INDEX rooms_deleted;
DROP INDEX bookings_ahead_of_studio;
DROP TABLE studio_slugs;
ALTER TABLE rooms DROP COLUMN deleted_at;
ALTER TABLE studios DROP COLUMN deleted_at;

DROP FUNCTION room_footprint(uuid);
DROP TABLE room_parts;
DROP INDEX rooms_whole_studio;
ALTER TABLE rooms DROP COLUMN stands_for;
DROP INDEX bookings_of_further_rooms;
ALTER TABLE bookings DROP COLUMN further_rooms;

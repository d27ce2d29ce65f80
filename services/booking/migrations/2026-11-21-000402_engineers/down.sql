DROP TRIGGER bookings_move_engineers ON bookings;
DROP FUNCTION engineers_follow_bookings;
DROP TABLE engineer_occupancies;
ALTER TABLE add_ons DROP COLUMN engineers;
DROP TABLE engineers;

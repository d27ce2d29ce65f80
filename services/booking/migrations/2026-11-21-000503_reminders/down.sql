DROP INDEX bookings_upcoming;
DROP TABLE booking_reminders;

DROP TABLE booking_refunds;
DROP TABLE booking_payments;
DROP TABLE booking_add_ons;
DROP TABLE occupancies;
DROP TABLE bookings;

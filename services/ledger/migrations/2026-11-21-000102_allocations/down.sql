DROP TABLE payment_positions, booking_shares;

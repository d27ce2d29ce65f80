ALTER TABLE booking_payments DROP CONSTRAINT booking_payments_commission, DROP COLUMN commission_ppm;

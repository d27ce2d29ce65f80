ALTER TABLE booking_refunds DROP COLUMN returned_at;

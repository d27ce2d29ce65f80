-- When money that had gone back to the customer came back from there: it counts no more.
ALTER TABLE booking_refunds ADD COLUMN returned_at timestamptz;

ALTER TABLE refunds DROP COLUMN application_fee;
ALTER TABLE payments DROP CONSTRAINT payments_settlement, DROP COLUMN settlement;
DELETE FROM company_payment_settings WHERE provider IS NULL;
ALTER TABLE company_payment_settings DROP COLUMN settlement, ALTER COLUMN provider SET NOT NULL;

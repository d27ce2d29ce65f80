-- When it came out that a refund had not reached its card: what it gives back moves then.
ALTER TABLE refunds ADD COLUMN failed_at timestamptz;
ALTER TABLE refunds ADD CONSTRAINT refunds_failed CHECK ((status = 'failed') = (failed_at IS NOT NULL));

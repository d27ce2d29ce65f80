ALTER TABLE refunds DROP CONSTRAINT refunds_cause_check;
ALTER TABLE refunds ADD CONSTRAINT refunds_cause_check
    CHECK (cause IN ('cancellation', 'orphan', 'requested', 'provider'));
ALTER TABLE payables DROP COLUMN credited;
ALTER TABLE payables ALTER COLUMN customer_user_id SET NOT NULL;

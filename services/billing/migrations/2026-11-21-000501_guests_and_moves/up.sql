-- Nobody with an account pays for what staff have booked for a guest.
ALTER TABLE payables ALTER COLUMN customer_user_id DROP NOT NULL;
-- What moves to cheaper times have given back of what was paid.
ALTER TABLE payables ADD COLUMN credited bigint NOT NULL DEFAULT 0;
ALTER TABLE refunds DROP CONSTRAINT refunds_cause_check;
ALTER TABLE refunds ADD CONSTRAINT refunds_cause_check
    CHECK (cause IN ('cancellation', 'orphan', 'requested', 'provider', 'reschedule'));

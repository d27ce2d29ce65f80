-- By what kinds of methods a payment may be made is asked of the provider with the same word each time. What was opened before this, and
-- what an older process opens, was asked for without one: with whatever is offered.
ALTER TABLE payment_sessions ADD COLUMN methods text NOT NULL DEFAULT 'delayed' CHECK (methods IN ('immediate', 'delayed'));

-- When it begins; null of what has not changed since.
ALTER TABLE payables ADD COLUMN starts_at timestamptz;

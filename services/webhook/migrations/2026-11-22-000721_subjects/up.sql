-- What an event is about: the ids, ours and the provider's, of a payment, session, refund, dispute or payout.
ALTER TABLE provider_events ADD COLUMN subjects text[] NOT NULL DEFAULT '{}';
CREATE INDEX provider_events_by_subject ON provider_events USING gin (subjects);

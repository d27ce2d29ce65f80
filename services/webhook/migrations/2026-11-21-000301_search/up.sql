-- Administrators look for what one provider sent, and for what came in an hour of trouble; newest first.
CREATE INDEX provider_events_by_provider ON provider_events (provider, id);
CREATE INDEX provider_events_by_arrival ON provider_events (received_at, id);

-- The platform's administrators list the payments of all companies, and look for one by whatever id they were told.
CREATE INDEX payments_newest ON payments (created_at DESC, id DESC);
CREATE INDEX payments_of_provider ON payments (provider, created_at DESC, id DESC);
CREATE INDEX payment_sessions_of_provider ON payment_sessions (provider_session_id) WHERE provider_session_id IS NOT NULL;

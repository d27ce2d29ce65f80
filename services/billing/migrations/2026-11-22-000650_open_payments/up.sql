-- The dashboard counts what is open; most payments are not.
CREATE INDEX payments_open ON payments (currency, status) INCLUDE (amount) WHERE status IN ('pending', 'processing');

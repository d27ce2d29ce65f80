-- What a provider told of a payment that was not known to be paid then: the news of that is still on its way, or the
-- payment is somebody else's in the same account. The body is kept as it came.
CREATE TABLE early_events (
    provider            text        NOT NULL,
    provider_event_id   text        NOT NULL,
    provider_payment_id text        NOT NULL,
    payload             bytea       NOT NULL,
    received_at         timestamptz NOT NULL,
    -- Why it could not be taken in when its payment was known: people have to look.
    error               text,
    PRIMARY KEY (provider, provider_event_id)
);
CREATE INDEX early_events_of_payment ON early_events (provider, provider_payment_id) WHERE error IS NULL;

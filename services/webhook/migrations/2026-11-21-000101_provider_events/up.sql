-- What providers told us, as they told it.
CREATE TABLE provider_events (
    id                uuid        PRIMARY KEY,
    provider          text        NOT NULL,
    provider_event_id text        NOT NULL,
    event_type        text        NOT NULL,
    headers           jsonb       NOT NULL,
    payload           bytea       NOT NULL,
    created_at        timestamptz NOT NULL,
    received_at       timestamptz NOT NULL,
    -- How often it was published: once, and once more for each replay.
    version           bigint      NOT NULL DEFAULT 1,
    CONSTRAINT provider_events_once UNIQUE (provider, provider_event_id)
);
CREATE INDEX provider_events_by_type ON provider_events (event_type, id);

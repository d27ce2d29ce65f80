-- The outbox: events written in the transaction of their cause.
CREATE TABLE outbox (
    id             uuid        PRIMARY KEY,
    shard          smallint    NOT NULL CHECK (shard BETWEEN 0 AND 15),
    event_type     text        NOT NULL,
    aggregate_type text        NOT NULL,
    aggregate_id   uuid        NOT NULL,
    version        bigint      NOT NULL,
    ordinal        smallint    NOT NULL DEFAULT 0,
    tenant         uuid,
    traceparent    text,
    payload        bytea       NOT NULL,
    occurred_at    timestamptz NOT NULL,
    published_at   timestamptz,
    CONSTRAINT outbox_order UNIQUE (aggregate_type, aggregate_id, version, ordinal)
);
-- In the order a relay reads, so that a poll walks the index and stops, however long the backlog is.
CREATE INDEX outbox_unpublished ON outbox (shard, aggregate_type, aggregate_id, version, ordinal)
    WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;

-- Every row is updated once and read from the small index above: dead entries are cleared away early.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);

-- Who may publish a shard. The fencing number rises with every change of owner.
CREATE TABLE outbox_leases (
    shard       smallint    PRIMARY KEY,
    owner       uuid,
    lease_until timestamptz,
    fencing     bigint      NOT NULL DEFAULT 0
);
INSERT INTO outbox_leases (shard) SELECT generate_series(0, 15);

-- The relays that are alive, so that each takes no more than its share of the shards.
CREATE TABLE outbox_relays (
    id         uuid        PRIMARY KEY,
    seen_until timestamptz NOT NULL
);

-- The inbox: which events a consumer has taken effect of.
CREATE TABLE inbox (
    consumer     text        NOT NULL,
    event_id     uuid        NOT NULL,
    processed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id)
);
CREATE INDEX inbox_age ON inbox (processed_at);

-- How often a delivery was refused by its handler. Broken connections and crashes do not count.
CREATE TABLE delivery_attempts (
    consumer   text        NOT NULL,
    event_id   uuid        NOT NULL,
    attempts   integer     NOT NULL,
    last_error text        NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id)
);

-- Events that a consumer could not handle, kept whole until somebody replays them.
CREATE TABLE parked_events (
    consumer            text        NOT NULL,
    event_id            uuid        NOT NULL,
    event_type          text        NOT NULL,
    envelope            bytea       NOT NULL,
    error               text        NOT NULL,
    parked_at           timestamptz NOT NULL DEFAULT now(),
    replay_requested_at timestamptz,
    PRIMARY KEY (consumer, event_id)
);

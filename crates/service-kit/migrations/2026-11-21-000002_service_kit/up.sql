-- Answers kept for requests that carry an Idempotency-Key, by caller and route.
CREATE TABLE idempotency_keys (
    caller       uuid        NOT NULL,
    route        text        NOT NULL,
    key          text        NOT NULL,
    fingerprint  bytea       NOT NULL,
    -- What the request is making, so that a key whose process died is resumed and not repeated.
    resource_id  uuid,
    locked_until timestamptz NOT NULL,
    status       smallint,
    body         bytea,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (caller, route, key)
);
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);

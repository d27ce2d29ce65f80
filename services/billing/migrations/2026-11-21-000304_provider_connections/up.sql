-- Provider accounts of companies. Tokens are sealed: `v1.<key id>.<sealed data key>.<sealed token>`.
CREATE TABLE provider_connections (
    company_id       uuid        NOT NULL,
    provider         text        NOT NULL CHECK (provider IN ('square')),
    merchant_id      text        NOT NULL,
    -- `reconnect`: the provider takes our token no more, and somebody of the company has to connect again.
    state            text        NOT NULL CHECK (state IN ('connected', 'reconnect')),
    access_token     text        NOT NULL,
    refresh_token    text        NOT NULL,
    expires_at       timestamptz NOT NULL,
    -- When the tokens are exchanged for new ones, by the Clock; a failed exchange is repeated by real time.
    refresh_at       timestamptz,
    refresh_retry_at timestamptz,
    refresh_retries  integer     NOT NULL DEFAULT 0,
    connected_by     uuid        NOT NULL,
    connected_at     timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    PRIMARY KEY (company_id, provider)
);
CREATE INDEX provider_connections_to_refresh ON provider_connections (refresh_at) WHERE refresh_at IS NOT NULL;

-- People who were sent to a provider to connect, until they come back: known by a hash of what they bring.
CREATE TABLE provider_authorizations (
    state_hash   bytea       PRIMARY KEY,
    company_id   uuid        NOT NULL,
    user_id      uuid        NOT NULL,
    verifier     text        NOT NULL,
    expires_at   timestamptz NOT NULL
);
CREATE INDEX provider_authorizations_expiry ON provider_authorizations (expires_at);

-- What has happened to accounts, companies and keys. It outlives what it tells of, so nothing is referenced.
CREATE TABLE audit_events (
    id          uuid        PRIMARY KEY,
    occurred_at timestamptz NOT NULL,
    kind        text        NOT NULL,
    outcome     text        NOT NULL CHECK (outcome IN ('success', 'failure')),
    -- Who did it; nobody where a stranger or the operator of the platform did.
    actor_id    uuid,
    -- Whose account it is about.
    subject_id  uuid,
    company_id  uuid,
    address     text,
    user_agent  text,
    detail      jsonb       NOT NULL
);
-- The list, and the list by each of its filters, newest first.
CREATE INDEX audit_events_time ON audit_events (occurred_at, id);
CREATE INDEX audit_events_actor ON audit_events (actor_id, occurred_at, id);
CREATE INDEX audit_events_subject ON audit_events (subject_id, occurred_at, id);
CREATE INDEX audit_events_company ON audit_events (company_id, occurred_at, id);
CREATE INDEX audit_events_kind ON audit_events (kind, occurred_at, id);
CREATE INDEX audit_events_failures ON audit_events (occurred_at, id) WHERE outcome = 'failure';

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

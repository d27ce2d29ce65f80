-- What people do to the book: corrections, each wanted by one administrator and let through by another, and the trail of
-- everything financial that a person or a service has done.
CREATE TABLE adjustments (
    id           uuid        PRIMARY KEY,
    -- The transfer that is taken back; null where the legs say what moves.
    reverses     uuid,
    legs         jsonb       NOT NULL,
    effective_at timestamptz NOT NULL,
    reason       text        NOT NULL CHECK (reason <> ''),
    status       text        NOT NULL DEFAULT 'proposed' CHECK (status IN ('proposed', 'approved', 'rejected')),
    proposed_by  uuid        NOT NULL,
    proposed_at  timestamptz NOT NULL,
    decided_by   uuid,
    decided_at   timestamptz,
    -- The transfer it became.
    transfer_id  uuid,
    CONSTRAINT adjustments_need_two_people CHECK (decided_by <> proposed_by),
    CONSTRAINT adjustments_are_decided_whole CHECK (
        (status = 'proposed') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)
        AND (status = 'approved') = (transfer_id IS NOT NULL)
    )
);
CREATE INDEX adjustments_by_time ON adjustments (proposed_at, id);

CREATE TABLE financial_actions (
    id          uuid        PRIMARY KEY,
    occurred_at timestamptz NOT NULL,
    -- Exactly one of them did it.
    person      uuid,
    service     text,
    action      text        NOT NULL,
    -- What it was done to, as a TypeID or a date.
    subject     text        NOT NULL,
    reason      text,
    -- From where, as the gateway saw it.
    address     text,
    detail      jsonb       NOT NULL DEFAULT '{}',
    CONSTRAINT financial_actions_have_a_doer CHECK ((person IS NULL) <> (service IS NULL))
);
CREATE INDEX financial_actions_by_time ON financial_actions (occurred_at, id);
CREATE INDEX financial_actions_by_subject ON financial_actions (subject, occurred_at, id);
CREATE TRIGGER financial_actions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON financial_actions
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('the trail is append-only');
REVOKE UPDATE, DELETE ON financial_actions FROM ledger_service;
REVOKE DELETE ON adjustments FROM ledger_service;

-- A month's transfers are found by when they took effect. They are written nearly in that order, which is all that
-- such an index needs, and it costs those who post next to nothing.
CREATE INDEX transfers_by_effect ON transfers USING brin (effective_at) WITH (pages_per_range = 16);

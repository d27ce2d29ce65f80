-- An erased account keeps its id, by which financial records name it, and nothing else.
ALTER TABLE users ADD COLUMN erased_at timestamptz;

-- Archives of personal data: asked for, then put together by a job, then there for a while.
CREATE TABLE data_exports (
    id            uuid        PRIMARY KEY,
    user_id       uuid        NOT NULL REFERENCES users (id),
    state         text        NOT NULL CHECK (state IN ('pending', 'ready', 'failed', 'discarded')),
    -- Of so many parts so many are there.
    parts_done    integer     NOT NULL,
    parts         integer     NOT NULL,
    attempts      integer     NOT NULL,
    requested_at  timestamptz NOT NULL,
    ready_at      timestamptz,
    -- The archive's objects are removed then.
    expires_at    timestamptz,
    -- Real time: a job that died gives its work back.
    next_attempt_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX data_exports_pending_of_user ON data_exports (user_id) WHERE state = 'pending';
CREATE INDEX data_exports_of_user ON data_exports (user_id, id);
CREATE INDEX data_exports_due ON data_exports (next_attempt_at) WHERE state = 'pending';
CREATE INDEX data_exports_to_sweep ON data_exports (expires_at) WHERE state <> 'pending';

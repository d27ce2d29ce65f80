-- A closed company stays for what refers to it.
ALTER TABLE companies ADD COLUMN deleted_at timestamptz;

-- Every slug a company has had: it leads to that company for ever, and to no other. Claimed before the company is there.
CREATE TABLE company_slugs (
    slug       text PRIMARY KEY,
    company_id uuid NOT NULL REFERENCES companies (id) DEFERRABLE INITIALLY DEFERRED
);
INSERT INTO company_slugs (slug, company_id) SELECT slug, id FROM companies;

-- Asks somebody, by mail, to join a company. The secret of its link is made when the mail is sent; only its hash is kept.
CREATE TABLE invitations (
    id           uuid        PRIMARY KEY,
    company_id   uuid        NOT NULL REFERENCES companies (id),
    email        text        NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
    role         text        NOT NULL CHECK (role IN ('owner', 'manager', 'staff')),
    state        text        NOT NULL CHECK (state IN ('open', 'accepted', 'withdrawn')),
    invited_by   uuid        NOT NULL REFERENCES users (id),
    accepted_by  uuid        REFERENCES users (id),
    secret_hash  bytea       CONSTRAINT invitations_secret UNIQUE CHECK (octet_length(secret_hash) = 32),
    -- How often its mail was ordered, and when last.
    mails        integer     NOT NULL,
    mailed_at    timestamptz NOT NULL,
    version      bigint      NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    CONSTRAINT invitations_acceptance CHECK ((state = 'accepted') = (accepted_by IS NOT NULL))
);
-- A company has one open invitation for an address.
CREATE UNIQUE INDEX invitations_open ON invitations (company_id, lower(email)) WHERE state = 'open';
CREATE INDEX invitations_of_company ON invitations (company_id, id);
CREATE INDEX invitations_mailed ON invitations (company_id, mailed_at);
CREATE INDEX invitations_of_address ON invitations (lower(email));

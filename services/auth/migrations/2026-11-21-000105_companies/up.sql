CREATE TABLE companies (
    id         uuid        PRIMARY KEY,
    slug       text        NOT NULL CONSTRAINT companies_slug UNIQUE,
    name       text        NOT NULL,
    country    text        NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    currency   text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    vat_id     text,
    version    bigint      NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE memberships (
    company_id uuid        NOT NULL REFERENCES companies (id),
    user_id    uuid        NOT NULL REFERENCES users (id),
    role       text        NOT NULL CHECK (role IN ('owner', 'manager', 'staff')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (company_id, user_id)
);
CREATE INDEX memberships_of_user ON memberships (user_id, company_id);

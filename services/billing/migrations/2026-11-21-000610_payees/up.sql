-- The companies that are paid. A row is there from the first wish to pay one, or from when it was closed.
CREATE TABLE payees (
    company_id uuid        PRIMARY KEY,
    -- Nothing new is paid to it since then.
    closed_at  timestamptz
);

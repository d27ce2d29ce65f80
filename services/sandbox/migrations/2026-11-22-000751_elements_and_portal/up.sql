-- What is charged where nobody names a card, as a person has chosen in the portal or the platform has said.
ALTER TABLE customers ADD COLUMN default_method text REFERENCES payment_methods ON DELETE SET NULL;

-- Pages on which a person looks after their cards: whoever has the token is them, for an hour.
CREATE TABLE portal_sessions (
    token       text        PRIMARY KEY,
    id          text        NOT NULL UNIQUE,
    customer_id text        NOT NULL REFERENCES customers ON DELETE CASCADE,
    return_url  text        NOT NULL,
    created_at  timestamptz NOT NULL
);

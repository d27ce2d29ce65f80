-- What strangers have asked for and nobody has decided yet: an account, another link, a new password. Every such request
-- is written down alike and answered, whatever is known of its address; then it is decided.
CREATE TABLE intake (
    id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request  jsonb       NOT NULL,
    asked_at timestamptz NOT NULL
);
CREATE INDEX intake_age ON intake (asked_at);

-- The network a form came from; null where nobody's password is to be confirmed by this link.
ALTER TABLE registrations ADD COLUMN asked_from text;

CREATE TABLE users (
    id                uuid        PRIMARY KEY,
    -- As it was written, with the domain in lower case.
    email             text        NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
    name              text        NOT NULL,
    role              text        NOT NULL CHECK (role IN ('customer', 'studio_owner')),
    platform_role     text        CHECK (platform_role IN ('admin', 'support')),
    -- argon2id as a PHC string.
    password_hash     text        NOT NULL,
    email_verified_at timestamptz,
    version           bigint      NOT NULL,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL
);
-- One account an address, however it is capitalised.
CREATE UNIQUE INDEX users_email ON users (lower(email));

-- Failed logins by address, known or not; the address itself is not kept.
CREATE TABLE login_failures (
    email_key      bytea       PRIMARY KEY,
    failures       integer     NOT NULL,
    last_failed_at timestamptz NOT NULL
);
CREATE INDEX login_failures_age ON login_failures (last_failed_at);

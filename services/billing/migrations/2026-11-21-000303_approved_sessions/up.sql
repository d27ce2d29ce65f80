-- Some providers wait, after the customer has agreed, until they are told to take the money: since when that is due. A
-- job tells them, by real time, until it is known what became of it.
ALTER TABLE payment_sessions
    ADD COLUMN approved_at timestamptz,
    ADD COLUMN complete_retry_at timestamptz,
    ADD COLUMN complete_retries integer NOT NULL DEFAULT 0;
CREATE INDEX payment_sessions_to_complete ON payment_sessions (approved_at) WHERE approved_at IS NOT NULL;

-- Whom the customers of a company pay, where it has chosen: the platform's default otherwise.
CREATE TABLE company_payment_settings (
    company_id uuid        PRIMARY KEY,
    provider   text        NOT NULL CHECK (provider IN ('stripe', 'square', 'paypal')),
    updated_by uuid        NOT NULL,
    updated_at timestamptz NOT NULL
);

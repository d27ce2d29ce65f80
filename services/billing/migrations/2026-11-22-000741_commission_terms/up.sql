-- What administrators have set about the platform's commission, in the order of `number`: the rate of a plan, which plan a company
-- is on (`membership`), a company's own rate, and one that it has for a time (`promotion`). Nothing is ever changed: what is set later
-- replaces what was set before it.
CREATE TABLE commission_terms (
    number     bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    id         uuid        NOT NULL UNIQUE,
    kind       text        NOT NULL CHECK (kind IN ('plan', 'membership', 'company', 'promotion')),
    -- Whom it is for; null of a plan's rate.
    company_id uuid,
    -- Whose rate it is, or which one the company is on; null where it is on none any more.
    plan       text        CHECK (plan ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    -- Of the net price, in parts per million; null where the rate was taken back.
    ppm        integer     CHECK (ppm BETWEEN 0 AND 500000),
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz CHECK (ends_at > starts_at),
    reason     text        NOT NULL,
    set_by     uuid        NOT NULL,
    set_at     timestamptz NOT NULL,
    CHECK ((company_id IS NULL) = (kind = 'plan')),
    CHECK (CASE kind WHEN 'plan' THEN plan IS NOT NULL WHEN 'membership' THEN ppm IS NULL ELSE plan IS NULL END),
    CHECK ((ends_at IS NOT NULL) = (kind = 'promotion' AND ppm IS NOT NULL))
);
CREATE INDEX commission_terms_of_company ON commission_terms (company_id, number DESC) WHERE company_id IS NOT NULL;
CREATE INDEX commission_terms_of_plan ON commission_terms (plan, number DESC) WHERE kind = 'plan';

CREATE FUNCTION refuse_to_change_commission_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'commission_terms are never changed or removed';
END $$;
CREATE TRIGGER commission_terms_are_never_changed BEFORE UPDATE OR DELETE ON commission_terms
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_commission_terms();

-- The commission that was decided when the payment was made; null of those that are older than this.
ALTER TABLE payments ADD COLUMN commission_ppm integer CHECK (commission_ppm BETWEEN 0 AND 500000);

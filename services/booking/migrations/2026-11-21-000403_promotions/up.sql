-- Codes that make bookings of a company cheaper. The row is the lock under which uses are counted.
CREATE TABLE promotions (
    id                   uuid        PRIMARY KEY,
    company_id           uuid        NOT NULL REFERENCES companies (id),
    -- In capitals.
    code                 text        NOT NULL,
    percent              numeric     CHECK (percent > 0 AND percent <= 100),
    amount               bigint      CHECK (amount > 0),
    currency             text        NOT NULL,
    valid_from           timestamptz,
    valid_until          timestamptz,
    min_amount           bigint      NOT NULL CHECK (min_amount >= 0),
    max_uses              integer     CHECK (max_uses > 0),
    max_uses_per_customer integer     CHECK (max_uses_per_customer > 0),
    ended_at             timestamptz,
    created_at           timestamptz NOT NULL,
    updated_at           timestamptz NOT NULL,
    CONSTRAINT promotions_code_key UNIQUE (company_id, code),
    CHECK ((percent IS NULL) <> (amount IS NULL)),
    CHECK (valid_until > valid_from)
);
CREATE INDEX promotions_of_company ON promotions (company_id, id);

-- Which booking has redeemed which promotion. It counts while its booking does: a use comes back by itself when the
-- booking is declined or cancelled, or when its hold lapses.
CREATE TABLE promotion_redemptions (
    booking_id       uuid        PRIMARY KEY REFERENCES bookings (id),
    promotion_id     uuid        NOT NULL REFERENCES promotions (id),
    customer_user_id uuid,
    redeemed_at      timestamptz NOT NULL
);
CREATE INDEX promotion_redemptions_uses ON promotion_redemptions (promotion_id, customer_user_id);

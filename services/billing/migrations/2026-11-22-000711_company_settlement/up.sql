-- Payments that settle with the company instead of the platform, where a company wants it.
ALTER TABLE company_payment_settings
    ALTER COLUMN provider DROP NOT NULL,
    ADD COLUMN settlement text NOT NULL DEFAULT 'platform' CHECK (settlement IN ('platform', 'company'));

-- The company's account at the provider, what the platform keeps (commission and the VAT on it), and what of that has gone back or
-- is promised to refunds; null where the platform holds the money.
ALTER TABLE payments
    ADD COLUMN settlement jsonb,
    ADD CONSTRAINT payments_settlement CHECK (
        settlement IS NULL OR (
            jsonb_typeof(settlement -> 'account_id') = 'string'
            AND (settlement ->> 'commission')::bigint >= 0
            AND (settlement ->> 'tax')::bigint >= 0
            AND (settlement ->> 'returned')::bigint
                BETWEEN 0 AND (settlement ->> 'commission')::bigint + (settlement ->> 'tax')::bigint
        ) IS TRUE
    );

-- What of the platform's fee goes back with a refund of such a payment.
ALTER TABLE refunds ADD COLUMN application_fee bigint CHECK (application_fee >= 0);

-- Sessions are Stripe's Checkout sessions, the orders behind Square's payment links, and PayPal's orders.
ALTER TABLE sessions
    ADD COLUMN provider text NOT NULL DEFAULT 'stripe' CHECK (provider IN ('stripe', 'square', 'paypal')),
    -- Square's payment link; none for the others, and none any more once it was deleted.
    ADD COLUMN link_id text UNIQUE,
    -- What the provider shows of the session and the sandbox does not act on.
    ADD COLUMN detail jsonb NOT NULL DEFAULT '{}',
    -- How the webhooks of a later step of this session are to arrive.
    ADD COLUMN webhook_plan jsonb,
    -- Of the last change, where there was one.
    ADD COLUMN changed_at timestamptz;

-- PayPal: the customer has agreed, and the money waits to be captured.
ALTER TABLE intents DROP CONSTRAINT intents_status_check;
ALTER TABLE intents ADD CONSTRAINT intents_status_check
    CHECK (status IN ('requires_payment_method', 'requires_action', 'approved', 'succeeded'));

ALTER TABLE provider_events ADD COLUMN provider text NOT NULL DEFAULT 'stripe';

-- What PayPal's webhooks are signed with: kept, so that a certificate that was fetched stays good.
CREATE TABLE paypal_signer (
    id        smallint    PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    root_pem  text        NOT NULL,
    chain_pem text        NOT NULL,
    key_pem   text        NOT NULL
);

-- Square accounts that were connected to the platform's application. Codes and refresh tokens are good once.
CREATE TABLE square_grants (
    secret      text        PRIMARY KEY,
    kind        text        NOT NULL CHECK (kind IN ('code', 'access', 'refresh')),
    merchant_id text        NOT NULL,
    client_id   text        NOT NULL,
    -- Of codes: the challenge and the address that the exchange has to match.
    challenge    text,
    redirect_uri text,
    used_at     timestamptz,
    expires_at  timestamptz NOT NULL
);

-- Payments that settle with the company: the platform has its fee of them, and nothing else.
ALTER TABLE payment_positions
    ADD COLUMN fee_commission  bigint CHECK (fee_commission >= 0),
    ADD COLUMN fee_tax         bigint CHECK (fee_tax >= 0),
    -- What of the fee the platform has no more.
    ADD COLUMN fee_returned    bigint,
    -- The whole payment goes through the platform's balance at the provider.
    ADD COLUMN passes_platform boolean,
    ADD CONSTRAINT payment_positions_fee CHECK (
        num_nulls(fee_commission, fee_tax, fee_returned, passes_platform) IN (0, 4)
    ),
    ADD CONSTRAINT payment_positions_fee_returned CHECK (fee_returned BETWEEN 0 AND fee_commission + fee_tax);

ALTER TABLE provider_transactions DROP CONSTRAINT provider_transactions_class_check;
ALTER TABLE provider_transactions ADD CONSTRAINT provider_transactions_class_check CHECK (class IN (
    'charge', 'refund', 'payout', 'payout_return', 'dispute', 'dispute_return', 'fee', 'settlement',
    'forward', 'forward_return', 'application_fee', 'application_fee_refund'
));

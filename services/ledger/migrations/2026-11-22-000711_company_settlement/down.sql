DELETE FROM provider_transactions
WHERE class IN ('forward', 'forward_return', 'application_fee', 'application_fee_refund');
ALTER TABLE provider_transactions DROP CONSTRAINT provider_transactions_class_check;
ALTER TABLE provider_transactions ADD CONSTRAINT provider_transactions_class_check CHECK (class IN (
    'charge', 'refund', 'payout', 'payout_return', 'dispute', 'dispute_return', 'fee', 'settlement'
));
ALTER TABLE payment_positions
    DROP CONSTRAINT payment_positions_fee_returned,
    DROP CONSTRAINT payment_positions_fee,
    DROP COLUMN passes_platform,
    DROP COLUMN fee_returned,
    DROP COLUMN fee_tax,
    DROP COLUMN fee_commission;

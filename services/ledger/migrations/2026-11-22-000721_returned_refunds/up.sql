-- Refunds that came back, as providers call them.
ALTER TABLE provider_transactions
    DROP CONSTRAINT provider_transactions_class_check,
    ADD CONSTRAINT provider_transactions_class_check CHECK (class IN
        ('charge', 'refund', 'refund_return', 'payout', 'payout_return', 'dispute', 'dispute_return', 'fee', 'settlement',
         'forward', 'forward_return', 'application_fee', 'application_fee_refund'));

DROP TABLE receipts, receipt_counters, refunds, payment_attempts, payment_sessions, payments, payables;

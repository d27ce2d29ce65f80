DROP TABLE reconciliation_findings, reconciliations, provider_transactions;

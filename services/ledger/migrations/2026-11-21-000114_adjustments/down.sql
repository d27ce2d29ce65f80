DROP INDEX transfers_by_effect;
DROP TABLE financial_actions, adjustments;

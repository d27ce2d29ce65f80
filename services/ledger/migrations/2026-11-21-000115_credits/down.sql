DROP TABLE credit_spend_parts, credit_spends, credit_lots;

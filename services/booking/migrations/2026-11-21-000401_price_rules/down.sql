ALTER TABLE price_lists
    DROP COLUMN day_rate,
    DROP COLUMN minimum_charge,
    DROP COLUMN extra_person,
    DROP COLUMN deposit_amount;

-- What a price list may say beyond rates. Each is absent where the studio does not want it.
ALTER TABLE price_lists
    -- {"amount", "hours"}: what so many hours cost at most.
    ADD COLUMN day_rate       jsonb,
    -- The least that a room is let for, net.
    ADD COLUMN minimum_charge bigint CHECK (minimum_charge >= 0),
    -- {"included", "per_use", "per_hour"}: what each further person costs.
    ADD COLUMN extra_person   jsonb,
    -- Gross; instead of a percentage.
    ADD COLUMN deposit_amount bigint CHECK (deposit_amount >= 0),
    ADD CONSTRAINT price_lists_one_deposit CHECK (deposit_percent IS NULL OR deposit_amount IS NULL);

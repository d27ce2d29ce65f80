-- The stock of an add-on may be the studio's: the rooms whose lists have one of the same name, shared as well, draw on the
-- same things.
ALTER TABLE add_ons
    ADD COLUMN stock_shared boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT add_ons_shared_stock CHECK (NOT stock_shared OR stock IS NOT NULL);

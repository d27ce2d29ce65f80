ALTER TABLE payments DROP COLUMN commission_ppm;
DROP TABLE commission_terms;
DROP FUNCTION refuse_to_change_commission_terms();

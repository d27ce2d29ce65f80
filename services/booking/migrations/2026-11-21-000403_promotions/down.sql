DROP TABLE promotion_redemptions;
DROP TABLE promotions;

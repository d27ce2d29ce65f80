DROP TABLE add_ons;
DROP TABLE price_lists;
DROP TABLE rooms;

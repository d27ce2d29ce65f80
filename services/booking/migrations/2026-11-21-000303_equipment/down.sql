ALTER TABLE studios DROP COLUMN rating_count;
ALTER TABLE studios DROP COLUMN rating_sum;
DROP TABLE favorites;
DROP TABLE studio_badges;
DROP TABLE equipment;

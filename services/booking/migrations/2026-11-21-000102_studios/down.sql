DROP TABLE studio_openings;
DROP TABLE operating_hours;
DROP TABLE studios;

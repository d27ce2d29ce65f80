DROP TABLE companies;
DROP TABLE cities;
DROP TABLE countries;

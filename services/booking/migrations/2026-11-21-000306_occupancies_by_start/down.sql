DROP INDEX occupancies_by_start;

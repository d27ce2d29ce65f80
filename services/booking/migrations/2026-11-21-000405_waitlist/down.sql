DROP TRIGGER occupancies_free_on_delete ON occupancies;
DROP TRIGGER occupancies_free_on_update ON occupancies;
DROP FUNCTION notice_waitlist_opening;
DROP TABLE waitlist_openings;
DROP TABLE waitlist_entries;

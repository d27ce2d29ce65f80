DROP TRIGGER occupancies_refuse_closed_rooms ON occupancies;
DROP FUNCTION refuse_closed_rooms();
DROP TABLE blackout_periods;
DROP TABLE blackouts;

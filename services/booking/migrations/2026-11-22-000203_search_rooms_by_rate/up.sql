-- The rooms of a studio up to a rate, by one index: without the rate in it, a plan may walk the rates of all rooms for
-- each studio instead.
CREATE INDEX room_search_of_studio_by_rate ON room_search (studio_id, hourly_rate, room_id);
DROP INDEX room_search_of_studio;

CREATE INDEX room_search_of_studio ON room_search (studio_id);
DROP INDEX room_search_of_studio_by_rate;

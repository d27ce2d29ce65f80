CREATE OR REPLACE FUNCTION room_footprint(booked uuid) RETURNS SETOF uuid LANGUAGE sql STABLE ROWS 2 AS $$
    SELECT booked
    UNION ALL
    SELECT part_id FROM room_parts WHERE room_id = booked
    UNION ALL
    SELECT other.id FROM rooms whole JOIN rooms other ON other.studio_id = whole.studio_id AND other.id <> whole.id
    WHERE whole.id = booked AND whole.stands_for = 'studio'
$$;

-- What using a room occupies: itself and what it stands for, without rooms that are gone.
CREATE OR REPLACE FUNCTION room_footprint(booked uuid) RETURNS SETOF uuid LANGUAGE sql STABLE ROWS 2 AS $$
    SELECT booked
    UNION ALL
    SELECT p.part_id FROM room_parts p JOIN rooms part ON part.id = p.part_id
    WHERE p.room_id = booked AND part.deleted_at IS NULL
    UNION ALL
    SELECT other.id FROM rooms whole JOIN rooms other ON other.studio_id = whole.studio_id AND other.id <> whole.id
    WHERE whole.id = booked AND whole.stands_for = 'studio' AND other.deleted_at IS NULL
$$;

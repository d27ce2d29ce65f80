-- The rooms of a booking after its first, which stays in room_id: [{"room_id", "turnaround_minutes"}].
ALTER TABLE bookings ADD COLUMN further_rooms jsonb NOT NULL DEFAULT '[]';
CREATE INDEX bookings_of_further_rooms ON bookings USING gin (further_rooms jsonb_path_ops)
    WHERE further_rooms <> '[]';

-- A room may stand for others of its studio: for all of them, also those that are added later, or for some.
ALTER TABLE rooms ADD COLUMN stands_for text NOT NULL DEFAULT 'itself'
    CHECK (stands_for IN ('itself', 'parts', 'studio'));
CREATE INDEX rooms_whole_studio ON rooms (studio_id) WHERE stands_for = 'studio';
CREATE TABLE room_parts (
    room_id uuid NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    part_id uuid NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    PRIMARY KEY (room_id, part_id),
    CHECK (room_id <> part_id)
);
CREATE INDEX room_parts_of_part ON room_parts (part_id);

-- What using a room occupies: itself and what it stands for. The one definition of it: whoever writes occupancies
-- writes one for each, whoever asks whether a room is free looks at all of them.
CREATE FUNCTION room_footprint(booked uuid) RETURNS SETOF uuid LANGUAGE sql STABLE ROWS 2 AS $$
    SELECT booked
    UNION ALL
    SELECT part_id FROM room_parts WHERE room_id = booked
    UNION ALL
    SELECT other.id FROM rooms whole JOIN rooms other ON other.studio_id = whole.studio_id AND other.id <> whole.id
    WHERE whole.id = booked AND whole.stands_for = 'studio'
$$;

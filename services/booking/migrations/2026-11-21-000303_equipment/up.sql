-- What stands in a studio, or in one of its rooms. The key is the name folded, for search.
CREATE TABLE equipment (
    id        uuid    PRIMARY KEY,
    studio_id uuid    NOT NULL REFERENCES studios (id),
    room_id   uuid    REFERENCES rooms (id),
    key       text    NOT NULL,
    name      text    NOT NULL,
    quantity  integer NOT NULL CHECK (quantity > 0),
    position  integer NOT NULL,
    CONSTRAINT equipment_key UNIQUE NULLS NOT DISTINCT (studio_id, room_id, key)
);
CREATE INDEX equipment_of_room ON equipment (room_id) WHERE room_id IS NOT NULL;

-- What the platform says of a studio.
CREATE TABLE studio_badges (
    studio_id  uuid        NOT NULL REFERENCES studios (id),
    badge      text        NOT NULL,
    granted_by uuid        NOT NULL,
    granted_at timestamptz NOT NULL,
    PRIMARY KEY (studio_id, badge)
);

CREATE TABLE favorites (
    user_id    uuid        NOT NULL,
    studio_id  uuid        NOT NULL REFERENCES studios (id),
    -- Made anew each time, so that ids tell the order.
    id         uuid        NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, studio_id)
);
CREATE INDEX favorites_of_user ON favorites (user_id, id);

-- What reviews say: the sum of their stars, and how many there are.
ALTER TABLE studios ADD COLUMN rating_sum bigint NOT NULL DEFAULT 0 CHECK (rating_sum >= 0);
ALTER TABLE studios ADD COLUMN rating_count bigint NOT NULL DEFAULT 0 CHECK (rating_count >= 0);

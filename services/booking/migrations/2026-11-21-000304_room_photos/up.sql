-- Photos of rooms, whose pixels are in the object store. A row is there before its objects are and goes after them, so
-- that no object is ever forgotten.
CREATE TABLE room_photos (
    id         uuid        PRIMARY KEY,
    room_id    uuid        NOT NULL REFERENCES rooms (id),
    state      text        NOT NULL CHECK (state IN ('uploading', 'shown', 'discarded')),
    -- Among those shown.
    position   integer     NOT NULL,
    width      integer     NOT NULL CHECK (width > 0),
    height     integer     NOT NULL CHECK (height > 0),
    updated_at timestamptz NOT NULL
);
CREATE INDEX room_photos_of_room ON room_photos (room_id, position, id);
CREATE INDEX room_photos_to_sweep ON room_photos (id) WHERE state <> 'shown';

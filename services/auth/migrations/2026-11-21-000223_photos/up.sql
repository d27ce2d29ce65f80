-- Photos of people, whose pixels are in the object store. A row is there before its objects are and goes after them, so
-- that no object is ever forgotten.
CREATE TABLE photos (
    id         uuid        PRIMARY KEY,
    user_id    uuid        NOT NULL REFERENCES users (id),
    state      text        NOT NULL CHECK (state IN ('uploading', 'current', 'discarded')),
    updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX photos_current ON photos (user_id) WHERE state = 'current';
CREATE INDEX photos_of_user ON photos (user_id);
CREATE INDEX photos_to_sweep ON photos (updated_at) WHERE state <> 'current';

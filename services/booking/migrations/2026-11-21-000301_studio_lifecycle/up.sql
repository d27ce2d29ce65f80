-- A studio or a room that was deleted stays for what refers to it, and is found no more.
ALTER TABLE studios ADD COLUMN deleted_at timestamptz;
ALTER TABLE rooms ADD COLUMN deleted_at timestamptz;

-- Every slug a studio has had: it leads to that studio for ever, and to no other. Claimed before the studio is there.
CREATE TABLE studio_slugs (
    slug      text PRIMARY KEY,
    studio_id uuid NOT NULL REFERENCES studios (id) DEFERRABLE INITIALLY DEFERRED
);
INSERT INTO studio_slugs (slug, studio_id) SELECT slug, id FROM studios;
CREATE INDEX studio_slugs_of_studio ON studio_slugs (studio_id);

-- What lies ahead at a studio.
CREATE INDEX bookings_ahead_of_studio ON bookings (studio_id, ends_at)
    WHERE status IN ('requested', 'held', 'confirmed');
-- Rooms whose bookings may still have to be cancelled.
CREATE INDEX rooms_deleted ON rooms (deleted_at) WHERE deleted_at IS NOT NULL;

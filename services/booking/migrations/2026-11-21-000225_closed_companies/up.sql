-- A closed company takes no more bookings and is not found; its rows stay for what refers to them.
ALTER TABLE companies ADD COLUMN closed boolean NOT NULL DEFAULT false;

-- What occupies a room, in order of time: active periods of a room never overlap, so those that touch a stretch of time
-- are the ones that begin in it and the last one before it. The constraint's own index finds overlaps of anything, and
-- reads many times as much for it.
CREATE INDEX occupancies_by_start ON occupancies (room_id, lower(period)) INCLUDE (period) WHERE active;

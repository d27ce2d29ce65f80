-- When somebody decided it: what a won dispute gives back moves then.
ALTER TABLE disputes ADD COLUMN decided_at timestamptz;
UPDATE disputes SET decided_at = created_at WHERE status <> 'needs_response';
ALTER TABLE disputes ADD CONSTRAINT disputes_decided CHECK ((status = 'needs_response') = (decided_at IS NULL));

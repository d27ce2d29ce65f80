-- What has been heard of refunds: that they went out, that they came back. Some of it moves nothing of the platform's.
CREATE TABLE refund_moves (
    refund_id uuid NOT NULL,
    way text NOT NULL CHECK (way IN ('out', 'back')),
    moved_at timestamptz NOT NULL,
    PRIMARY KEY (refund_id, way)
);

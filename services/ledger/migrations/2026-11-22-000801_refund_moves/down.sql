DROP TABLE refund_moves;

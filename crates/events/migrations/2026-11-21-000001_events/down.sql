DROP TABLE parked_events, delivery_attempts, inbox, outbox_leases, outbox;

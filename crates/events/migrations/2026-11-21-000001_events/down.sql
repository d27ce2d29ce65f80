DROP TABLE parked_events, delivery_attempts, inbox, outbox_relays, outbox_leases, outbox;

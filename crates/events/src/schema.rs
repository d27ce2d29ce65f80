diesel::table! {
    outbox (id) {
        id -> Uuid,
        shard -> Int2,
        event_type -> Text,
        aggregate_type -> Text,
        aggregate_id -> Uuid,
        version -> Int8,
        ordinal -> Int2,
        tenant -> Nullable<Uuid>,
        traceparent -> Nullable<Text>,
        payload -> Bytea,
        occurred_at -> Timestamptz,
        published_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    outbox_leases (shard) {
        shard -> Int2,
        owner -> Nullable<Uuid>,
        lease_until -> Nullable<Timestamptz>,
        fencing -> Int8,
    }
}

diesel::table! {
    outbox_relays (id) {
        id -> Uuid,
        seen_until -> Timestamptz,
    }
}

diesel::table! {
    inbox (consumer, event_id) {
        consumer -> Text,
        event_id -> Uuid,
        processed_at -> Timestamptz,
    }
}

diesel::table! {
    delivery_attempts (consumer, event_id) {
        consumer -> Text,
        event_id -> Uuid,
        attempts -> Int4,
        last_error -> Text,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    parked_events (consumer, event_id) {
        consumer -> Text,
        event_id -> Uuid,
        event_type -> Text,
        envelope -> Bytea,
        error -> Text,
        parked_at -> Timestamptz,
        replay_requested_at -> Nullable<Timestamptz>,
    }
}

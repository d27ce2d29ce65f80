diesel::table! {
    provider_events (id) {
        id -> Uuid,
        provider -> Text,
        provider_event_id -> Text,
        event_type -> Text,
        headers -> Jsonb,
        payload -> Bytea,
        created_at -> Timestamptz,
        received_at -> Timestamptz,
        version -> Int8,
        subjects -> Array<Nullable<Text>>,
    }
}

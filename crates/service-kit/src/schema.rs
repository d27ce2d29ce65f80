diesel::table! {
    idempotency_keys (caller, route, key) {
        caller -> Uuid,
        route -> Text,
        key -> Text,
        fingerprint -> Bytea,
        resource_id -> Nullable<Uuid>,
        locked_until -> Timestamptz,
        status -> Nullable<Int2>,
        body -> Nullable<Bytea>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

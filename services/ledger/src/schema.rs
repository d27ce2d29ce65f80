diesel::table! {
    accounts (id) {
        id -> Uuid,
        code -> Text,
        currency -> Text,
        kind -> Text,
        normal_side -> Text,
        owner_type -> Nullable<Text>,
        owner_id -> Nullable<Uuid>,
        floor -> Nullable<Int8>,
        posted -> Int8,
        pending_debits -> Int8,
        pending_credits -> Int8,
        entry_count -> Int8,
        opened_at -> Timestamptz,
        last_recorded_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    booking_shares (booking_id) {
        booking_id -> Uuid,
        company_id -> Uuid,
        currency -> Text,
        share -> Int8,
        completed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    closed_periods (through) {
        through -> Timestamptz,
        closed_at -> Timestamptz,
        closed_by -> Uuid,
        reason -> Text,
    }
}

diesel::table! {
    entries (account_id, number) {
        account_id -> Uuid,
        number -> Int8,
        transfer_id -> Uuid,
        position -> Int2,
        amount -> Int8,
        currency -> Text,
        balance_after -> Int8,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    hold_legs (hold_id, position) {
        hold_id -> Uuid,
        position -> Int2,
        account_id -> Uuid,
        amount -> Int8,
        currency -> Text,
    }
}

diesel::table! {
    open_holds (hold_id) {
        hold_id -> Uuid,
        expires_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    payment_positions (payment_id) {
        payment_id -> Uuid,
        booking_id -> Uuid,
        amount -> Int8,
        refunded -> Int8,
        commission -> Nullable<Int8>,
        tax -> Nullable<Int8>,
        tax_country -> Nullable<Text>,
    }
}

diesel::table! {
    seals (number) {
        number -> Int8,
        through_seq -> Int8,
        transfers -> Array<Nullable<Uuid>>,
        digests -> Array<Nullable<Bytea>>,
        hash -> Bytea,
        sealed_at -> Timestamptz,
    }
}

diesel::table! {
    transfers (id) {
        id -> Uuid,
        seq -> Int8,
        kind -> Text,
        fingerprint -> Bytea,
        source -> Text,
        source_event -> Nullable<Uuid>,
        effective_at -> Timestamptz,
        recorded_at -> Timestamptz,
        reverses -> Nullable<Uuid>,
        actor -> Nullable<Uuid>,
        reason -> Nullable<Text>,
        phase -> Text,
        hold_id -> Nullable<Uuid>,
        expires_at -> Nullable<Timestamptz>,
    }
}

diesel::joinable!(payment_positions -> booking_shares (booking_id));

diesel::allow_tables_to_appear_in_same_query!(
    accounts,
    booking_shares,
    closed_periods,
    entries,
    hold_legs,
    open_holds,
    payment_positions,
    seals,
    transfers,
);

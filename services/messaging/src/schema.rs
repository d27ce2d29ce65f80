// @generated from the migrations by `just schema`.

diesel::table! {
    bookings (booking_id) {
        booking_id -> Uuid,
        version -> Int8,
        facts -> Jsonb,
    }
}

diesel::table! {
    company_members (company_id, user_id) {
        company_id -> Uuid,
        user_id -> Uuid,
        role -> Text,
        version -> Int8,
    }
}

diesel::table! {
    contacts (user_id) {
        user_id -> Uuid,
        email -> Text,
        name -> Text,
        version -> Int8,
    }
}

diesel::table! {
    mails (id) {
        id -> Uuid,
        event_id -> Uuid,
        recipient -> Text,
        template -> Text,
        parameters -> Jsonb,
        state -> Text,
        attempts -> Int4,
        next_attempt_at -> Timestamptz,
        last_error -> Nullable<Text>,
        created_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
    }
}

// @generated from the migrations by `just schema`.

diesel::table! {
    add_ons (id) {
        id -> Uuid,
        room_id -> Uuid,
        name -> Text,
        position -> Int4,
        per_use -> Int8,
        per_hour -> Int8,
        stock -> Nullable<Int4>,
        listed -> Bool,
        engineers -> Jsonb,
        stock_shared -> Bool,
    }
}

diesel::table! {
    blackout_periods (blackout_id, period) {
        blackout_id -> Uuid,
        studio_id -> Uuid,
        room_id -> Nullable<Uuid>,
        period -> Tstzrange,
    }
}

diesel::table! {
    blackouts (id) {
        id -> Uuid,
        studio_id -> Uuid,
        room_id -> Nullable<Uuid>,
        first_day -> Date,
        last_day -> Date,
        from_minute -> Nullable<Int2>,
        to_minute -> Nullable<Int2>,
        yearly -> Bool,
        reason -> Nullable<Text>,
        expanded_to -> Nullable<Date>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    booking_add_ons (booking_id, add_on_id) {
        booking_id -> Uuid,
        add_on_id -> Uuid,
        quantity -> Int4,
    }
}

diesel::table! {
    booking_links (token_hash) {
        token_hash -> Bytea,
        booking_id -> Uuid,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
        used_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    booking_payments (payment_id) {
        payment_id -> Uuid,
        booking_id -> Uuid,
        amount -> Int8,
        orphaned -> Nullable<Text>,
        received_at -> Timestamptz,
        method -> Text,
        recorded_by -> Nullable<Uuid>,
        price_subtotal -> Nullable<Int8>,
        price_total -> Nullable<Int8>,
        commission_ppm -> Nullable<Int4>,
    }
}

diesel::table! {
    booking_refunds (refund_id) {
        refund_id -> Uuid,
        booking_id -> Uuid,
        payment_id -> Uuid,
        amount -> Int8,
        received_at -> Timestamptz,
        method -> Text,
        recorded_by -> Nullable<Uuid>,
        returned_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    booking_reminders (booking_id, kind) {
        booking_id -> Uuid,
        kind -> Text,
        told_at -> Timestamptz,
    }
}

diesel::table! {
    booking_series (id) {
        id -> Uuid,
        company_id -> Uuid,
        studio_id -> Uuid,
        customer_user_id -> Nullable<Uuid>,
        template -> Jsonb,
        rule -> Text,
        time_zone -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    bookings (id) {
        id -> Uuid,
        version -> Int8,
        status -> Text,
        company_id -> Uuid,
        studio_id -> Uuid,
        room_id -> Uuid,
        customer_user_id -> Nullable<Uuid>,
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
        original_starts_at -> Timestamptz,
        time_zone -> Text,
        turnaround_minutes -> Int4,
        hold_minutes -> Int4,
        free_cancellation_until -> Timestamptz,
        price -> Jsonb,
        currency -> Text,
        total -> Int8,
        deposit_due -> Int8,
        amount_paid -> Int8,
        amount_refunded -> Int8,
        hold_expires_at -> Nullable<Timestamptz>,
        request_expires_at -> Nullable<Timestamptz>,
        note -> Nullable<Text>,
        cancelled_by -> Nullable<Text>,
        cancel_reason -> Nullable<Text>,
        refund_due -> Nullable<Int8>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        series_id -> Nullable<Uuid>,
        further_rooms -> Jsonb,
        details -> Jsonb,
    }
}

diesel::table! {
    calendar_conflicts (import_id, booking_id, busy_starts_at, busy_ends_at) {
        import_id -> Uuid,
        booking_id -> Uuid,
        busy_starts_at -> Timestamptz,
        busy_ends_at -> Timestamptz,
        told_at -> Timestamptz,
    }
}

diesel::table! {
    calendar_feeds (id) {
        id -> Uuid,
        token_hash -> Bytea,
        created_by -> Uuid,
        room_id -> Nullable<Uuid>,
        studio_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    calendar_imports (id) {
        id -> Uuid,
        room_id -> Uuid,
        company_id -> Uuid,
        name -> Text,
        url -> Text,
        created_by -> Uuid,
        created_at -> Timestamptz,
        next_fetch_at -> Timestamptz,
        fetched_at -> Nullable<Timestamptz>,
        failures -> Int4,
        last_error -> Nullable<Text>,
    }
}

diesel::table! {
    cities (id) {
        id -> Uuid,
        country_id -> Uuid,
        name -> Text,
        time_zone -> Text,
        latitude -> Float8,
        longitude -> Float8,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    companies (id) {
        id -> Uuid,
        version -> Int8,
        slug -> Text,
        name -> Text,
        country -> Text,
        currency -> Text,
        closed -> Bool,
    }
}

diesel::table! {
    countries (id) {
        id -> Uuid,
        code -> Text,
        name -> Text,
        currency -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    engineer_occupancies (id) {
        id -> Uuid,
        engineer_id -> Uuid,
        period -> Tstzrange,
        kind -> Text,
        booking_id -> Nullable<Uuid>,
        add_on_id -> Nullable<Uuid>,
        reason -> Nullable<Text>,
        active -> Bool,
    }
}

diesel::table! {
    engineers (id) {
        id -> Uuid,
        company_id -> Uuid,
        name -> Text,
        retired -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    equipment (id) {
        id -> Uuid,
        studio_id -> Uuid,
        room_id -> Nullable<Uuid>,
        key -> Text,
        name -> Text,
        quantity -> Int4,
        position -> Int4,
    }
}

diesel::table! {
    favorites (user_id, studio_id) {
        user_id -> Uuid,
        studio_id -> Uuid,
        id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    occupancies (id) {
        id -> Uuid,
        room_id -> Uuid,
        period -> Tstzrange,
        kind -> Text,
        booking_id -> Nullable<Uuid>,
        active -> Bool,
        import_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    operating_hours (studio_id, weekday, opens_minute) {
        studio_id -> Uuid,
        weekday -> Int2,
        opens_minute -> Int2,
        closes_minute -> Int2,
    }
}

diesel::table! {
    price_lists (room_id) {
        room_id -> Uuid,
        version -> Int8,
        currency -> Text,
        hourly_rate -> Int8,
        rules -> Jsonb,
        duration_discounts -> Jsonb,
        cleaning_fee -> Int8,
        tax_rate -> Numeric,
        deposit_percent -> Nullable<Numeric>,
        cancellation_policy -> Jsonb,
        updated_at -> Timestamptz,
        day_rate -> Nullable<Jsonb>,
        minimum_charge -> Nullable<Int8>,
        extra_person -> Nullable<Jsonb>,
        deposit_amount -> Nullable<Int8>,
    }
}

diesel::table! {
    promotion_redemptions (booking_id) {
        booking_id -> Uuid,
        promotion_id -> Uuid,
        customer_user_id -> Nullable<Uuid>,
        redeemed_at -> Timestamptz,
    }
}

diesel::table! {
    promotions (id) {
        id -> Uuid,
        company_id -> Uuid,
        code -> Text,
        percent -> Nullable<Numeric>,
        amount -> Nullable<Int8>,
        currency -> Text,
        valid_from -> Nullable<Timestamptz>,
        valid_until -> Nullable<Timestamptz>,
        min_amount -> Int8,
        max_uses -> Nullable<Int4>,
        max_uses_per_customer -> Nullable<Int4>,
        ended_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    review_decisions (id) {
        id -> Uuid,
        review_id -> Uuid,
        decision -> Text,
        reason -> Text,
        decided_by -> Uuid,
        decided_at -> Timestamptz,
    }
}

diesel::table! {
    review_reports (review_id, reporter) {
        review_id -> Uuid,
        reporter -> Uuid,
        reason -> Text,
        created_at -> Timestamptz,
        settled_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    reviews (id) {
        id -> Uuid,
        booking_id -> Uuid,
        studio_id -> Uuid,
        company_id -> Uuid,
        customer_user_id -> Uuid,
        author -> Text,
        written_by -> Uuid,
        rating -> Int2,
        words -> Nullable<Text>,
        reply -> Nullable<Text>,
        replied_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        reveal_at -> Timestamptz,
        counted -> Bool,
        hidden_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    room_parts (room_id, part_id) {
        room_id -> Uuid,
        part_id -> Uuid,
    }
}

diesel::table! {
    room_photos (id) {
        id -> Uuid,
        room_id -> Uuid,
        state -> Text,
        position -> Int4,
        width -> Int4,
        height -> Int4,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    room_search (room_id) {
        room_id -> Uuid,
        studio_id -> Uuid,
        hourly_rate -> Int8,
        currency -> Text,
        capacity -> Int4,
        equipment -> Array<Nullable<Text>>,
        min_duration_minutes -> Int4,
        max_duration_minutes -> Int4,
        turnaround_minutes -> Int4,
        min_notice_minutes -> Int4,
        max_advance_days -> Int4,
    }
}

diesel::table! {
    rooms (id) {
        id -> Uuid,
        version -> Int8,
        studio_id -> Uuid,
        company_id -> Uuid,
        name -> Text,
        capacity -> Int4,
        min_duration_minutes -> Int4,
        max_duration_minutes -> Nullable<Int4>,
        slot_step_minutes -> Int4,
        turnaround_minutes -> Int4,
        min_notice_minutes -> Int4,
        max_advance_days -> Int4,
        hold_minutes -> Int4,
        free_cancellation_minutes -> Int4,
        booking_mode -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
        stands_for -> Text,
    }
}

diesel::table! {
    search_words (word) {
        word -> Text,
    }
}

diesel::table! {
    series_occurrences (series_id, number) {
        series_id -> Uuid,
        number -> Int4,
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
        booking_id -> Nullable<Uuid>,
        skipped_because -> Nullable<Text>,
        withdrawn -> Bool,
    }
}

diesel::table! {
    studio_badges (studio_id, badge) {
        studio_id -> Uuid,
        badge -> Text,
        granted_by -> Uuid,
        granted_at -> Timestamptz,
    }
}

diesel::table! {
    studio_openings (studio_id, weekday, opens_minute) {
        studio_id -> Uuid,
        weekday -> Int2,
        opens_minute -> Int2,
        closes_minute -> Int2,
    }
}

diesel::table! {
    studio_search (studio_id) {
        studio_id -> Uuid,
        city_id -> Uuid,
        time_zone -> Text,
        standing -> Int8,
        newest -> Int8,
        from_rate -> Int8,
        currency -> Nullable<Text>,
        worst_rating -> Int4,
        max_capacity -> Int4,
        equipment -> Array<Nullable<Text>>,
        badges -> Array<Nullable<Text>>,
        rating -> Int4,
        // unmapped: position
        // unmapped: openings
    }
}

diesel::table! {
    studio_slugs (slug) {
        slug -> Text,
        studio_id -> Uuid,
    }
}

diesel::table! {
    studios (id) {
        id -> Uuid,
        version -> Int8,
        company_id -> Uuid,
        slug -> Text,
        name -> Text,
        description -> Nullable<Text>,
        city_id -> Uuid,
        line1 -> Text,
        line2 -> Nullable<Text>,
        postal_code -> Text,
        latitude -> Float8,
        longitude -> Float8,
        time_zone -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        search_text -> Text,
        deleted_at -> Nullable<Timestamptz>,
        rating_sum -> Int8,
        rating_count -> Int8,
        // unmapped: search
    }
}

diesel::table! {
    waitlist_entries (id) {
        id -> Uuid,
        version -> Int8,
        company_id -> Uuid,
        studio_id -> Uuid,
        room_id -> Nullable<Uuid>,
        customer_user_id -> Uuid,
        window_starts_at -> Timestamptz,
        window_ends_at -> Timestamptz,
        minutes -> Int4,
        party_size -> Nullable<Int4>,
        status -> Text,
        booking_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    waitlist_openings (id) {
        id -> Uuid,
        studio_id -> Uuid,
        period -> Tstzrange,
    }
}

diesel::joinable!(add_ons -> rooms (room_id));
diesel::joinable!(blackout_periods -> blackouts (blackout_id));
diesel::joinable!(blackout_periods -> rooms (room_id));
diesel::joinable!(blackout_periods -> studios (studio_id));
diesel::joinable!(blackouts -> rooms (room_id));
diesel::joinable!(blackouts -> studios (studio_id));
diesel::joinable!(booking_add_ons -> add_ons (add_on_id));
diesel::joinable!(booking_add_ons -> bookings (booking_id));
diesel::joinable!(booking_links -> bookings (booking_id));
diesel::joinable!(booking_payments -> bookings (booking_id));
diesel::joinable!(booking_refunds -> bookings (booking_id));
diesel::joinable!(booking_reminders -> bookings (booking_id));
diesel::joinable!(booking_series -> companies (company_id));
diesel::joinable!(booking_series -> studios (studio_id));
diesel::joinable!(bookings -> booking_series (series_id));
diesel::joinable!(bookings -> companies (company_id));
diesel::joinable!(bookings -> rooms (room_id));
diesel::joinable!(bookings -> studios (studio_id));
diesel::joinable!(calendar_conflicts -> bookings (booking_id));
diesel::joinable!(calendar_conflicts -> calendar_imports (import_id));
diesel::joinable!(calendar_feeds -> rooms (room_id));
diesel::joinable!(calendar_feeds -> studios (studio_id));
diesel::joinable!(calendar_imports -> companies (company_id));
diesel::joinable!(calendar_imports -> rooms (room_id));
diesel::joinable!(cities -> countries (country_id));
diesel::joinable!(engineer_occupancies -> add_ons (add_on_id));
diesel::joinable!(engineer_occupancies -> bookings (booking_id));
diesel::joinable!(engineer_occupancies -> engineers (engineer_id));
diesel::joinable!(engineers -> companies (company_id));
diesel::joinable!(equipment -> rooms (room_id));
diesel::joinable!(equipment -> studios (studio_id));
diesel::joinable!(favorites -> studios (studio_id));
diesel::joinable!(occupancies -> bookings (booking_id));
diesel::joinable!(occupancies -> calendar_imports (import_id));
diesel::joinable!(occupancies -> rooms (room_id));
diesel::joinable!(operating_hours -> studios (studio_id));
diesel::joinable!(price_lists -> rooms (room_id));
diesel::joinable!(promotion_redemptions -> bookings (booking_id));
diesel::joinable!(promotion_redemptions -> promotions (promotion_id));
diesel::joinable!(promotions -> companies (company_id));
diesel::joinable!(review_decisions -> reviews (review_id));
diesel::joinable!(review_reports -> reviews (review_id));
diesel::joinable!(reviews -> bookings (booking_id));
diesel::joinable!(reviews -> companies (company_id));
diesel::joinable!(reviews -> studios (studio_id));
diesel::joinable!(room_photos -> rooms (room_id));
diesel::joinable!(room_search -> rooms (room_id));
diesel::joinable!(room_search -> studio_search (studio_id));
diesel::joinable!(rooms -> companies (company_id));
diesel::joinable!(rooms -> studios (studio_id));
diesel::joinable!(series_occurrences -> booking_series (series_id));
diesel::joinable!(series_occurrences -> bookings (booking_id));
diesel::joinable!(studio_badges -> studios (studio_id));
diesel::joinable!(studio_openings -> studios (studio_id));
diesel::joinable!(studio_search -> studios (studio_id));
diesel::joinable!(studio_slugs -> studios (studio_id));
diesel::joinable!(studios -> cities (city_id));
diesel::joinable!(studios -> companies (company_id));
diesel::joinable!(waitlist_entries -> bookings (booking_id));
diesel::joinable!(waitlist_entries -> companies (company_id));
diesel::joinable!(waitlist_entries -> rooms (room_id));
diesel::joinable!(waitlist_entries -> studios (studio_id));
diesel::joinable!(waitlist_openings -> studios (studio_id));

diesel::allow_tables_to_appear_in_same_query!(
    add_ons,
    blackout_periods,
    blackouts,
    booking_add_ons,
    booking_links,
    booking_payments,
    booking_refunds,
    booking_reminders,
    booking_series,
    bookings,
    calendar_conflicts,
    calendar_feeds,
    calendar_imports,
    cities,
    companies,
    countries,
    engineer_occupancies,
    engineers,
    equipment,
    favorites,
    occupancies,
    operating_hours,
    price_lists,
    promotion_redemptions,
    promotions,
    review_decisions,
    review_reports,
    reviews,
    room_parts,
    room_photos,
    room_search,
    rooms,
    search_words,
    series_occurrences,
    studio_badges,
    studio_openings,
    studio_search,
    studio_slugs,
    studios,
    waitlist_entries,
    waitlist_openings
);

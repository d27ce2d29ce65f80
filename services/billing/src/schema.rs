diesel::table! {
    authorizations (payment_id) {
        payment_id -> Uuid,
        amount_held -> Nullable<Int8>,
        held_at -> Nullable<Timestamptz>,
        held_until -> Nullable<Timestamptz>,
        released_at -> Nullable<Timestamptz>,
        wish -> Nullable<Text>,
        capture_amount -> Nullable<Int8>,
        void_cause -> Nullable<Text>,
        wished_by -> Nullable<Uuid>,
        renews -> Nullable<Uuid>,
        renewal -> Nullable<Uuid>,
        renewal_tried_at -> Nullable<Timestamptz>,
        settled_at -> Nullable<Timestamptz>,
        failure_code -> Nullable<Text>,
        failure_message -> Nullable<Text>,
        step_at -> Nullable<Timestamptz>,
        step_retry_at -> Nullable<Timestamptz>,
        step_retries -> Int4,
    }
}

diesel::table! {
    commission_terms (number) {
        number -> Int8,
        id -> Uuid,
        kind -> Text,
        company_id -> Nullable<Uuid>,
        plan -> Nullable<Text>,
        ppm -> Nullable<Int4>,
        starts_at -> Timestamptz,
        ends_at -> Nullable<Timestamptz>,
        reason -> Text,
        set_by -> Uuid,
        set_at -> Timestamptz,
    }
}

diesel::table! {
    company_payment_settings (company_id) {
        company_id -> Uuid,
        provider -> Nullable<Text>,
        updated_by -> Uuid,
        updated_at -> Timestamptz,
        settlement -> Text,
    }
}

diesel::table! {
    disputes (id) {
        id -> Uuid,
        version -> Int8,
        payment_id -> Uuid,
        company_id -> Uuid,
        provider -> Text,
        provider_dispute_id -> Text,
        status -> Text,
        currency -> Text,
        amount -> Int8,
        fee -> Nullable<Int8>,
        reason -> Text,
        evidence_due_at -> Nullable<Timestamptz>,
        told_at -> Timestamptz,
        opened_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    early_events (provider, provider_event_id) {
        provider -> Text,
        provider_event_id -> Text,
        provider_payment_id -> Text,
        payload -> Bytea,
        received_at -> Timestamptz,
        error -> Nullable<Text>,
    }
}

diesel::table! {
    method_setups (id) {
        id -> Uuid,
        user_id -> Uuid,
        provider -> Text,
        status -> Text,
        provider_customer_id -> Text,
        success_url -> Text,
        cancel_url -> Text,
        consents -> Bool,
        makes_default -> Bool,
        provider_setup_id -> Nullable<Text>,
        setup_url -> Nullable<Text>,
        payment_method_id -> Nullable<Uuid>,
        failure_code -> Nullable<Text>,
        failure_message -> Nullable<Text>,
        check_at -> Nullable<Timestamptz>,
        check_retry_at -> Nullable<Timestamptz>,
        check_retries -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    payables (kind, id) {
        kind -> Text,
        id -> Uuid,
        version -> Int8,
        state -> Text,
        company_id -> Uuid,
        company_country -> Text,
        customer_user_id -> Nullable<Uuid>,
        description -> Text,
        currency -> Text,
        subtotal -> Int8,
        total -> Int8,
        deposit_due -> Int8,
        amount_paid -> Int8,
        expires_at -> Nullable<Timestamptz>,
        cancellation_refund -> Int8,
        updated_at -> Timestamptz,
        credited -> Int8,
        ends_at -> Nullable<Timestamptz>,
        starts_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    payees (company_id) {
        company_id -> Uuid,
        closed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    payment_attempts (payment_id, key) {
        payment_id -> Uuid,
        key -> Text,
        result -> Text,
        provider_payment_id -> Nullable<Text>,
        failure_code -> Nullable<Text>,
        failure_message -> Nullable<Text>,
        occurred_at -> Timestamptz,
    }
}

diesel::table! {
    payment_methods (id) {
        id -> Uuid,
        version -> Int8,
        user_id -> Uuid,
        provider -> Text,
        token -> Nullable<Text>,
        token_hash -> Bytea,
        kind -> Text,
        brand -> Nullable<Text>,
        last4 -> Nullable<Text>,
        exp_month -> Nullable<Int2>,
        exp_year -> Nullable<Int2>,
        is_default -> Bool,
        consented_at -> Nullable<Timestamptz>,
        removed_at -> Nullable<Timestamptz>,
        detach_retry_at -> Nullable<Timestamptz>,
        detach_retries -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    payment_sessions (payment_id) {
        payment_id -> Uuid,
        stage -> Text,
        description -> Text,
        customer_email -> Nullable<Text>,
        success_url -> Text,
        cancel_url -> Text,
        requested_at -> Timestamptz,
        closes_at -> Nullable<Timestamptz>,
        provider_session_id -> Nullable<Text>,
        checkout_url -> Nullable<Text>,
        expires_at -> Nullable<Timestamptz>,
        close_requested_at -> Nullable<Timestamptz>,
        close_retry_at -> Nullable<Timestamptz>,
        close_retries -> Int4,
        approved_at -> Nullable<Timestamptz>,
        complete_retry_at -> Nullable<Timestamptz>,
        complete_retries -> Int4,
        payment_method_id -> Nullable<Uuid>,
        charged_by -> Nullable<Uuid>,
        ui -> Text,
        methods -> Text,
    }
}

diesel::table! {
    payments (id) {
        id -> Uuid,
        version -> Int8,
        payable_kind -> Text,
        payable_id -> Uuid,
        company_id -> Uuid,
        customer_user_id -> Nullable<Uuid>,
        provider -> Text,
        status -> Text,
        currency -> Text,
        amount -> Int8,
        amount_captured -> Int8,
        amount_refunded -> Int8,
        amount_refunding -> Int8,
        provider_payment_id -> Nullable<Text>,
        method -> Nullable<Jsonb>,
        failure_code -> Nullable<Text>,
        failure_message -> Nullable<Text>,
        declined_at -> Nullable<Timestamptz>,
        processing_at -> Nullable<Timestamptz>,
        attempts -> Int4,
        succeeded_at -> Nullable<Timestamptz>,
        applied_at -> Nullable<Timestamptz>,
        orphaned_at -> Nullable<Timestamptz>,
        check_at -> Nullable<Timestamptz>,
        check_retry_at -> Nullable<Timestamptz>,
        check_retries -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        capture -> Text,
        settlement -> Nullable<Jsonb>,
        commission_ppm -> Nullable<Int4>,
    }
}

diesel::table! {
    payout_accounts (company_id) {
        company_id -> Uuid,
        provider -> Text,
        country -> Text,
        company_name -> Text,
        email -> Nullable<Text>,
        refusals -> Int4,
        provider_account_id -> Nullable<Text>,
        details_submitted -> Bool,
        charges_enabled -> Bool,
        transfers_enabled -> Bool,
        payouts_enabled -> Bool,
        currency -> Nullable<Text>,
        requirements_due -> Jsonb,
        requirements_due_by -> Nullable<Timestamptz>,
        disabled_reason -> Nullable<Text>,
        told_at -> Nullable<Timestamptz>,
        check_at -> Nullable<Timestamptz>,
        check_retry_at -> Nullable<Timestamptz>,
        check_retries -> Int4,
        created_by -> Uuid,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    payout_receivers (company_id) {
        company_id -> Uuid,
        id -> Uuid,
        provider -> Text,
        address -> Text,
        currency -> Text,
        secret_hash -> Nullable<Bytea>,
        secret_until -> Nullable<Timestamptz>,
        confirmed_at -> Nullable<Timestamptz>,
        named_by -> Uuid,
        named_at -> Timestamptz,
    }
}

diesel::table! {
    payout_schedules (company_id) {
        company_id -> Uuid,
        frequency -> Text,
        minimum -> Int8,
        next_at -> Nullable<Timestamptz>,
        retry_at -> Nullable<Timestamptz>,
        retries -> Int4,
        updated_by -> Uuid,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    payouts (id) {
        id -> Uuid,
        version -> Int8,
        company_id -> Uuid,
        provider -> Text,
        provider_account_id -> Nullable<Text>,
        status -> Text,
        currency -> Text,
        amount -> Int8,
        cause -> Text,
        requested_by -> Nullable<Uuid>,
        period -> Nullable<Text>,
        captured_at -> Nullable<Timestamptz>,
        transfer_id -> Nullable<Text>,
        reversal_id -> Nullable<Text>,
        provider_payout_id -> Nullable<Text>,
        failure_code -> Nullable<Text>,
        failure_message -> Nullable<Text>,
        arrives_at -> Nullable<Timestamptz>,
        paid_at -> Nullable<Timestamptz>,
        closed_at -> Nullable<Timestamptz>,
        refusals -> Int4,
        asked_at -> Nullable<Timestamptz>,
        check_at -> Nullable<Timestamptz>,
        retry_at -> Nullable<Timestamptz>,
        retries -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        receiver -> Nullable<Text>,
        movement_id -> Nullable<Text>,
    }
}

diesel::table! {
    provider_authorizations (state_hash) {
        state_hash -> Bytea,
        company_id -> Uuid,
        user_id -> Uuid,
        verifier -> Text,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    provider_connections (company_id, provider) {
        company_id -> Uuid,
        provider -> Text,
        merchant_id -> Text,
        state -> Text,
        access_token -> Text,
        refresh_token -> Text,
        expires_at -> Timestamptz,
        refresh_at -> Nullable<Timestamptz>,
        refresh_retry_at -> Nullable<Timestamptz>,
        refresh_retries -> Int4,
        connected_by -> Uuid,
        connected_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    provider_customers (id) {
        id -> Uuid,
        user_id -> Uuid,
        provider -> Text,
        provider_customer_id -> Nullable<Text>,
        email -> Nullable<Text>,
        email_to_tell -> Nullable<Text>,
        email_version -> Int8,
        tell_retry_at -> Nullable<Timestamptz>,
        tell_retries -> Int4,
        forget_requested_at -> Nullable<Timestamptz>,
        forget_retry_at -> Nullable<Timestamptz>,
        forget_retries -> Int4,
        created_at -> Timestamptz,
        default_chosen_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    receipt_counters (company_id) {
        company_id -> Uuid,
        last_number -> Int8,
    }
}

diesel::table! {
    receipts (id) {
        id -> Uuid,
        company_id -> Uuid,
        number -> Int8,
        payment_id -> Uuid,
        customer_user_id -> Nullable<Uuid>,
        payable_kind -> Text,
        payable_id -> Uuid,
        description -> Text,
        currency -> Text,
        amount -> Int8,
        provider -> Text,
        issued_at -> Timestamptz,
    }
}

diesel::table! {
    refunds (id) {
        id -> Uuid,
        payment_id -> Uuid,
        status -> Text,
        currency -> Text,
        amount -> Int8,
        cause -> Text,
        note -> Nullable<Text>,
        requested_by -> Nullable<Uuid>,
        unique_key -> Nullable<Text>,
        provider_refund_id -> Nullable<Text>,
        failure_code -> Nullable<Text>,
        failure_message -> Nullable<Text>,
        check_at -> Nullable<Timestamptz>,
        retry_at -> Nullable<Timestamptz>,
        retries -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        application_fee -> Nullable<Int8>,
    }
}

diesel::joinable!(authorizations -> payments (payment_id));
diesel::joinable!(disputes -> payments (payment_id));
diesel::joinable!(method_setups -> payment_methods (payment_method_id));
diesel::joinable!(payment_attempts -> payments (payment_id));
diesel::joinable!(payment_sessions -> payment_methods (payment_method_id));
diesel::joinable!(payment_sessions -> payments (payment_id));
diesel::joinable!(receipts -> payments (payment_id));
diesel::joinable!(refunds -> payments (payment_id));

diesel::allow_tables_to_appear_in_same_query!(
    authorizations,
    commission_terms,
    company_payment_settings,
    disputes,
    early_events,
    method_setups,
    payables,
    payees,
    payment_attempts,
    payment_methods,
    payment_sessions,
    payments,
    payout_accounts,
    payout_receivers,
    payout_schedules,
    payouts,
    provider_authorizations,
    provider_connections,
    provider_customers,
    receipt_counters,
    receipts,
    refunds,
);

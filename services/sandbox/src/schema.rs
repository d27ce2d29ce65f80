// @generated automatically by Diesel CLI.

diesel::table! {
    api_answers (key) {
        key -> Text,
        fingerprint -> Bytea,
        status -> Int2,
        body -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    charges (id) {
        id -> Text,
        seq -> Int8,
        intent_id -> Text,
        status -> Text,
        amount -> Int8,
        amount_refunded -> Int8,
        currency -> Text,
        description -> Nullable<Text>,
        metadata -> Jsonb,
        card -> Text,
        authenticated -> Bool,
        created_at -> Timestamptz,
        amount_captured -> Int8,
        captured_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    clock (id) {
        id -> Int2,
        offset_secs -> Int8,
    }
}

diesel::table! {
    connect_accounts (id) {
        id -> Text,
        country -> Text,
        currency -> Text,
        email -> Nullable<Text>,
        company_name -> Nullable<Text>,
        metadata -> Jsonb,
        details_submitted -> Bool,
        disabled_reason -> Nullable<Text>,
        bank -> Nullable<Text>,
        created_at -> Timestamptz,
        payout_schedule -> Text,
    }
}

diesel::table! {
    connect_links (token) {
        token -> Text,
        account_id -> Text,
        return_url -> Text,
        refresh_url -> Text,
        used_at -> Nullable<Timestamptz>,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    connect_payouts (id) {
        id -> Text,
        seq -> Int8,
        account_id -> Text,
        amount -> Int8,
        currency -> Text,
        status -> Text,
        failure_code -> Nullable<Text>,
        metadata -> Jsonb,
        arrives_at -> Timestamptz,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    connect_transfers (id) {
        id -> Text,
        seq -> Int8,
        account_id -> Text,
        amount -> Int8,
        currency -> Text,
        transfer_group -> Nullable<Text>,
        metadata -> Jsonb,
        reversal_id -> Nullable<Text>,
        reversed_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    customers (id) {
        id -> Text,
        email -> Nullable<Text>,
        metadata -> Jsonb,
        created_at -> Timestamptz,
        default_method -> Nullable<Text>,
    }
}

diesel::table! {
    deliveries (id) {
        id -> Int8,
        event_id -> Text,
        delivered -> Bool,
        attempts -> Int4,
        due_at -> Timestamptz,
        given_up_at -> Timestamptz,
    }
}

diesel::table! {
    disputes (id) {
        id -> Text,
        charge_id -> Text,
        status -> Text,
        amount -> Int8,
        currency -> Text,
        due_by -> Timestamptz,
        created_at -> Timestamptz,
        decided_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    intents (id) {
        id -> Text,
        session_id -> Text,
        status -> Text,
        amount -> Int8,
        amount_received -> Int8,
        currency -> Text,
        description -> Nullable<Text>,
        metadata -> Jsonb,
        latest_charge -> Nullable<Text>,
        pending_card -> Nullable<Text>,
        last_error -> Nullable<Jsonb>,
        created_at -> Timestamptz,
        customer_id -> Nullable<Text>,
        payment_method_id -> Nullable<Text>,
        capture_method -> Text,
        capture_before -> Nullable<Timestamptz>,
        canceled_at -> Nullable<Timestamptz>,
        excluded_methods -> Nullable<Jsonb>,
        takes_debits -> Bool,
        decided_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    mails (id) {
        id -> Text,
        seq -> Int8,
        recipient -> Text,
        address -> Text,
        subject -> Text,
        text -> Text,
        html -> Nullable<Text>,
        sent_at -> Timestamptz,
    }
}

diesel::table! {
    payment_methods (id) {
        id -> Text,
        customer_id -> Nullable<Text>,
        card -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    paypal_payouts (batch_id) {
        batch_id -> Text,
        item_id -> Text,
        transaction_id -> Text,
        sender_batch_id -> Text,
        sender_item_id -> Nullable<Text>,
        header -> Jsonb,
        item -> Jsonb,
        receiver -> Text,
        amount -> Int8,
        fee -> Int8,
        currency -> Text,
        status -> Text,
        due_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        sent_at -> Nullable<Timestamptz>,
        returned_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    paypal_signer (id) {
        id -> Int2,
        root_pem -> Text,
        chain_pem -> Text,
        key_pem -> Text,
    }
}

diesel::table! {
    portal_sessions (token) {
        token -> Text,
        id -> Text,
        customer_id -> Text,
        return_url -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    provider_events (id) {
        id -> Text,
        seq -> Int8,
        event_type -> Text,
        body -> Text,
        created_at -> Timestamptz,
        provider -> Text,
    }
}

diesel::table! {
    refunds (id) {
        id -> Text,
        seq -> Int8,
        intent_id -> Text,
        charge_id -> Text,
        status -> Text,
        amount -> Int8,
        currency -> Text,
        reason -> Nullable<Text>,
        metadata -> Jsonb,
        created_at -> Timestamptz,
        failed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        seq -> Int8,
        status -> Text,
        client_reference_id -> Nullable<Text>,
        amount -> Int8,
        currency -> Text,
        description -> Text,
        customer_email -> Nullable<Text>,
        success_url -> Text,
        cancel_url -> Nullable<Text>,
        metadata -> Jsonb,
        intent_metadata -> Jsonb,
        intent_description -> Nullable<Text>,
        intent_id -> Nullable<Text>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        provider -> Text,
        link_id -> Nullable<Text>,
        detail -> Jsonb,
        webhook_plan -> Nullable<Jsonb>,
        changed_at -> Nullable<Timestamptz>,
        mode -> Text,
        customer_id -> Nullable<Text>,
        capture_method -> Text,
    }
}

diesel::table! {
    settlement_refunds (refund_id) {
        refund_id -> Text,
        charge_id -> Text,
        amount -> Int8,
        fee -> Int8,
        reversal_id -> Nullable<Text>,
        fee_refund_id -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    settlements (charge_id) {
        charge_id -> Text,
        account_id -> Text,
        amount -> Int8,
        fee -> Int8,
        fee_returned -> Int8,
        currency -> Text,
        transfer_id -> Nullable<Text>,
        fee_id -> Nullable<Text>,
        transfer_group -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    square_grants (secret) {
        secret -> Text,
        kind -> Text,
        merchant_id -> Text,
        client_id -> Text,
        challenge -> Nullable<Text>,
        redirect_uri -> Nullable<Text>,
        used_at -> Nullable<Timestamptz>,
        expires_at -> Timestamptz,
    }
}

diesel::joinable!(connect_links -> connect_accounts (account_id));
diesel::joinable!(connect_payouts -> connect_accounts (account_id));
diesel::joinable!(connect_transfers -> connect_accounts (account_id));
diesel::joinable!(charges -> intents (intent_id));
diesel::joinable!(disputes -> charges (charge_id));
diesel::joinable!(deliveries -> provider_events (event_id));
diesel::joinable!(refunds -> charges (charge_id));
diesel::joinable!(refunds -> intents (intent_id));
diesel::joinable!(settlement_refunds -> refunds (refund_id));
diesel::joinable!(settlement_refunds -> settlements (charge_id));
diesel::joinable!(settlements -> charges (charge_id));

diesel::allow_tables_to_appear_in_same_query!(
    charges,
    disputes,
    intents,
    refunds,
    sessions,
    settlement_refunds,
    settlements,
);
diesel::allow_tables_to_appear_in_same_query!(deliveries, provider_events);

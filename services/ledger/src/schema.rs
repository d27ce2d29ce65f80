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
    adjustments (id) {
        id -> Uuid,
        reverses -> Nullable<Uuid>,
        legs -> Jsonb,
        effective_at -> Timestamptz,
        reason -> Text,
        status -> Text,
        proposed_by -> Uuid,
        proposed_at -> Timestamptz,
        decided_by -> Nullable<Uuid>,
        decided_at -> Nullable<Timestamptz>,
        transfer_id -> Nullable<Uuid>,
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
    credit_lots (id) {
        id -> Uuid,
        user_id -> Uuid,
        currency -> Text,
        origin -> Text,
        source -> Text,
        granted -> Int8,
        remaining -> Int8,
        granted_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    credit_spend_parts (hold_id, place) {
        hold_id -> Uuid,
        place -> Int2,
        lot_id -> Uuid,
        amount -> Int8,
    }
}

diesel::table! {
    credit_spends (hold_id) {
        hold_id -> Uuid,
        user_id -> Uuid,
        currency -> Text,
        source -> Text,
        amount -> Int8,
        captured -> Nullable<Int8>,
    }
}

diesel::table! {
    disputes (dispute_id) {
        dispute_id -> Uuid,
        payment_id -> Uuid,
        booking_id -> Nullable<Uuid>,
        currency -> Text,
        amount -> Int8,
        state -> Text,
        fee -> Nullable<Int8>,
        reserved -> Int8,
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
    financial_actions (id) {
        id -> Uuid,
        occurred_at -> Timestamptz,
        person -> Nullable<Uuid>,
        service -> Nullable<Text>,
        action -> Text,
        subject -> Text,
        reason -> Nullable<Text>,
        address -> Nullable<Text>,
        detail -> Jsonb,
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
        fee_commission -> Nullable<Int8>,
        fee_tax -> Nullable<Int8>,
        fee_returned -> Nullable<Int8>,
        passes_platform -> Nullable<Bool>,
    }
}

diesel::table! {
    provider_transactions (provider, id) {
        provider -> Text,
        id -> Text,
        class -> Text,
        reference -> Nullable<Text>,
        currency -> Text,
        amount -> Int8,
        fee -> Int8,
        occurred_at -> Timestamptz,
    }
}

diesel::table! {
    reconciliation_findings (id) {
        id -> Uuid,
        reconciliation_id -> Uuid,
        finding -> Text,
        class -> Text,
        reference -> Text,
        currency -> Text,
        ours -> Int8,
        theirs -> Int8,
        transfers -> Array<Nullable<Uuid>>,
        provider_ids -> Array<Nullable<Text>>,
        found_at -> Timestamptz,
        resolved_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    reconciliations (id) {
        id -> Uuid,
        provider -> Text,
        from_at -> Timestamptz,
        to_at -> Timestamptz,
        run_at -> Timestamptz,
        matched -> Int8,
    }
}

diesel::table! {
    refund_moves (refund_id, way) {
        refund_id -> Uuid,
        way -> Text,
        moved_at -> Timestamptz,
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

diesel::joinable!(credit_spend_parts -> credit_lots (lot_id));
diesel::joinable!(credit_spend_parts -> credit_spends (hold_id));
diesel::joinable!(payment_positions -> booking_shares (booking_id));
diesel::joinable!(reconciliation_findings -> reconciliations (reconciliation_id));

diesel::allow_tables_to_appear_in_same_query!(
    accounts,
    adjustments,
    booking_shares,
    closed_periods,
    credit_lots,
    credit_spend_parts,
    credit_spends,
    disputes,
    entries,
    financial_actions,
    hold_legs,
    open_holds,
    payment_positions,
    provider_transactions,
    reconciliation_findings,
    reconciliations,
    refund_moves,
    seals,
    transfers,
);

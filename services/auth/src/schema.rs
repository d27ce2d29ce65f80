// @generated automatically by Diesel CLI.

diesel::table! {
    api_keys (id) {
        id -> Uuid,
        user_id -> Nullable<Uuid>,
        company_id -> Nullable<Uuid>,
        name -> Text,
        prefix -> Text,
        secret_hash -> Bytea,
        scopes -> Text,
        created_by -> Uuid,
        version -> Int8,
        created_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
        last_used_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    audit_events (id) {
        id -> Uuid,
        occurred_at -> Timestamptz,
        kind -> Text,
        outcome -> Text,
        actor_id -> Nullable<Uuid>,
        subject_id -> Nullable<Uuid>,
        company_id -> Nullable<Uuid>,
        address -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        detail -> Jsonb,
    }
}

diesel::table! {
    companies (id) {
        id -> Uuid,
        slug -> Text,
        name -> Text,
        country -> Text,
        currency -> Text,
        vat_id -> Nullable<Text>,
        version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    company_slugs (slug) {
        slug -> Text,
        company_id -> Uuid,
    }
}

diesel::table! {
    data_exports (id) {
        id -> Uuid,
        user_id -> Uuid,
        state -> Text,
        parts_done -> Int4,
        parts -> Int4,
        attempts -> Int4,
        requested_at -> Timestamptz,
        ready_at -> Nullable<Timestamptz>,
        expires_at -> Nullable<Timestamptz>,
        next_attempt_at -> Timestamptz,
    }
}

diesel::table! {
    intake (id) {
        id -> Int8,
        request -> Jsonb,
        asked_at -> Timestamptz,
    }
}

diesel::table! {
    invitations (id) {
        id -> Uuid,
        company_id -> Uuid,
        email -> Text,
        role -> Text,
        state -> Text,
        invited_by -> Uuid,
        accepted_by -> Nullable<Uuid>,
        secret_hash -> Nullable<Bytea>,
        mails -> Int4,
        mailed_at -> Timestamptz,
        version -> Int8,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    email_changes (id) {
        id -> Uuid,
        user_id -> Uuid,
        new_email -> Text,
        current_token_id -> Uuid,
        new_token_id -> Uuid,
        current_confirmed_at -> Nullable<Timestamptz>,
        new_confirmed_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    login_failures (email_key) {
        email_key -> Bytea,
        failures -> Int4,
        last_failed_at -> Timestamptz,
    }
}

diesel::table! {
    memberships (company_id, user_id) {
        company_id -> Uuid,
        user_id -> Uuid,
        role -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    one_time_tokens (id) {
        id -> Uuid,
        user_id -> Uuid,
        purpose -> Text,
        secret_hash -> Nullable<Bytea>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
        superseded_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    passkey_ceremonies (id) {
        id -> Uuid,
        user_id -> Nullable<Uuid>,
        state -> Jsonb,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    passkeys (id) {
        id -> Uuid,
        user_id -> Uuid,
        credential_id -> Bytea,
        credential -> Jsonb,
        name -> Text,
        created_at -> Timestamptz,
        last_used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    photos (id) {
        id -> Uuid,
        user_id -> Uuid,
        state -> Text,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    recovery_codes (user_id, code_hash) {
        user_id -> Uuid,
        code_hash -> Bytea,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    refresh_tokens (token_hash) {
        token_hash -> Bytea,
        session_id -> Uuid,
        generation -> Int8,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    registrations (token_id) {
        token_id -> Uuid,
        password_hash -> Text,
        name -> Text,
        role -> Text,
        asked_from -> Nullable<Text>,
    }
}

diesel::table! {
    sessions (id) {
        id -> Uuid,
        user_id -> Uuid,
        generation -> Int8,
        version -> Int8,
        user_agent -> Text,
        address -> Nullable<Text>,
        created_at -> Timestamptz,
        last_used_at -> Timestamptz,
        expires_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        end_reason -> Nullable<Text>,
        authentication -> Text,
    }
}

diesel::table! {
    signing_keys (kid) {
        kid -> Text,
        state -> Text,
        public_key -> Bytea,
        sealed_private_key -> Bytea,
        created_at -> Timestamptz,
        retires_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    totp_factors (user_id) {
        user_id -> Uuid,
        sealed_secret -> Bytea,
        created_at -> Timestamptz,
        confirmed_at -> Nullable<Timestamptz>,
        last_used_step -> Nullable<Int8>,
    }
}

diesel::table! {
    users (id) {
        id -> Uuid,
        email -> Text,
        name -> Text,
        role -> Text,
        platform_role -> Nullable<Text>,
        password_hash -> Text,
        email_verified_at -> Nullable<Timestamptz>,
        version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        erased_at -> Nullable<Timestamptz>,
    }
}

diesel::joinable!(api_keys -> companies (company_id));
diesel::joinable!(company_slugs -> companies (company_id));
diesel::joinable!(data_exports -> users (user_id));
diesel::joinable!(email_changes -> users (user_id));
diesel::joinable!(invitations -> companies (company_id));
diesel::joinable!(memberships -> companies (company_id));
diesel::joinable!(memberships -> users (user_id));
diesel::joinable!(one_time_tokens -> users (user_id));
diesel::joinable!(passkey_ceremonies -> users (user_id));
diesel::joinable!(passkeys -> users (user_id));
diesel::joinable!(photos -> users (user_id));
diesel::joinable!(recovery_codes -> totp_factors (user_id));
diesel::joinable!(refresh_tokens -> sessions (session_id));
diesel::joinable!(registrations -> one_time_tokens (token_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(totp_factors -> users (user_id));

diesel::allow_tables_to_appear_in_same_query!(
    api_keys,
    audit_events,
    companies,
    company_slugs,
    data_exports,
    email_changes,
    intake,
    invitations,
    login_failures,
    memberships,
    one_time_tokens,
    passkey_ceremonies,
    passkeys,
    photos,
    recovery_codes,
    refresh_tokens,
    registrations,
    sessions,
    signing_keys,
    totp_factors,
    users,
);

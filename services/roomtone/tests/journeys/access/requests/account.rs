//! auth: one's own account.

use serde_json::json;

use crate::{
    access::{
        call::Call,
        check::Case,
        people::fresh_email,
        world::{PNG, answer_registration},
    },
    support::PASSWORD,
};

pub async fn call(case: &Case<'_>) -> Option<Call> {
    let (world, things) = (case.world, &case.world.things);
    let customer = &world.scene.customer;
    let password = json!({"password": PASSWORD});
    Some(match case.row.operation {
        "GET /api/auth/me"
        | "GET /api/user/me"
        | "GET /api/auth/mfa"
        | "GET /api/auth/passkeys"
        | "GET /api/user/api-keys"
        | "POST /api/user/export" => Call::plain(),
        // The profile and the photo
        "PUT /api/user/update" => Call::json(json!({"name": "Ada Lovelace"})),
        "POST /api/user/set-role" => Call::json(json!({"role": "customer"})),
        "POST /api/user/upload-photo" => Call::raw("image/png", PNG.to_vec()),
        "DELETE /api/user/photo" => {
            let person = case.stand_in().await;
            person.post(&world.platform, "/api/user/upload-photo").raw("image/png", PNG).send().await.expect(200);
            Call::plain().by_stand_in(&person.token)
        }
        "GET /api/user/photos/{photo_id}/{edge}" => Call::at([&things.photo_id, "128"]),
        // Password and address
        "POST /api/auth/password/change" => {
            let body = json!({"current_password": PASSWORD, "new_password": "another horse, another battery"});
            Call::json(body).by_stand_in(&case.stand_in().await.token)
        }
        "POST /api/user/change-email" => Call::json(json!({"email": fresh_email(), "password": PASSWORD})),
        // A second factor
        "POST /api/auth/mfa/totp" => Call::json(password).by_stand_in(&case.stand_in().await.token),
        "POST /api/auth/mfa/totp/confirm" => {
            let person = case.stand_in().await;
            Call::json(json!({"totp": world.totp_code(&person).await})).by_stand_in(&person.token)
        }
        "POST /api/auth/mfa/totp/disable" | "POST /api/auth/mfa/recovery-codes" => {
            let person = case.stand_in().await;
            let body = json!({"password": PASSWORD, "totp": world.recovery_code(&person).await});
            Call::json(body).by_stand_in(&person.token)
        }
        // Passkeys
        "POST /api/auth/passkeys/register/begin" => Call::json(password),
        "POST /api/auth/passkeys/register/finish" => {
            Call::json(answer_registration(&world.platform, case.caller()).await.1)
        }
        "PUT /api/auth/passkeys/{passkey_id}" => Call::at([&things.passkey_id]).with(json!({"name": "Key"})),
        "DELETE /api/auth/passkeys/{passkey_id}" if case.is_let_in() => {
            Call::at([&world.passkey_id(customer).await]).with(password)
        }
        "DELETE /api/auth/passkeys/{passkey_id}" => Call::at([&things.passkey_id]).with(password),
        // Keys
        "POST /api/user/api-keys" => {
            Call::json(json!({"name": "Script", "scopes": ["bookings:read"], "password": PASSWORD}))
        }
        "DELETE /api/user/api-keys/{key_id}" => Call::at([&world.personal_api_key(customer).await]),
        // The copy and the end
        "GET /api/user/exports/{export_id}" | "GET /api/user/exports/{export_id}/download" => {
            Call::at([&things.export_id])
        }
        "DELETE /api/user/me" => Call::json(password).by_stand_in(&case.stand_in().await.token),
        _ => return None,
    })
}

//! auth: signing in and out, and the sessions.

use serde_json::json;

use crate::{
    access::{
        call::Call,
        check::Case,
        people::{fresh_email, newcomer},
        world::text,
    },
    support::PASSWORD,
};

pub async fn call(case: &Case<'_>) -> Option<Call> {
    let (world, platform) = (case.world, &case.world.platform);
    let customer = &world.scene.customer;
    let credentials = json!({"email": customer.email, "password": PASSWORD});
    Some(match case.row.operation {
        "GET /.well-known/jwks.json" | "POST /api/auth/login/passkey/begin" => Call::plain(),
        "POST /api/auth/register" => {
            Call::json(json!({"email": fresh_email(), "password": PASSWORD, "name": "Nora", "role": "customer"}))
        }
        "POST /api/auth/verify-email" => Call::json(json!({"token": world.verification_token().await})),
        "POST /api/auth/verify-email/change" => Call::json(json!({"token": world.email_change_token().await})),
        "POST /api/auth/verify-email/resend" => Call::json(json!({"email": customer.email})),
        "POST /api/auth/login" => Call::json(credentials),
        "POST /api/auth/login/mfa/totp" => Call::json(json!({"email": world.other_user.email, "password": PASSWORD})),
        "POST /api/auth/login/mfa/totp/confirm" => {
            let person = newcomer(platform).await;
            let code = world.totp_code(&person).await;
            Call::json(json!({"email": person.email, "password": PASSWORD, "totp": code}))
        }
        "POST /api/auth/login/passkey/finish" => {
            let begun = platform.post("/api/auth/login/passkey/begin").send().await.expect(200);
            let credential = world.things.passkey.lock().unwrap().get(&begun["options"]);
            Call::json(json!({"ceremony_id": begun["ceremony_id"], "credential": credential}))
        }
        "POST /api/auth/password/forgot" => Call::json(json!({"email": customer.email})),
        "POST /api/auth/password/reset" => {
            Call::json(json!({"token": world.reset_token().await, "password": PASSWORD}))
        }
        "POST /api/auth/refresh" => {
            let tokens = platform.post("/api/auth/login").json(credentials).send().await.expect(200);
            Call::json(json!({"refresh_token": text(&tokens["refresh_token"])}))
        }
        "POST /api/auth/logout" => Call::plain().by_stand_in(&world.other_device(case.caller()).await.0.token),
        "POST /api/auth/logout-all" => Call::plain().by_stand_in(&case.stand_in().await.token),
        "GET /api/auth/sessions" => Call::plain(),
        "DELETE /api/auth/sessions/{session_id}" => Call::at([&world.other_device(customer).await.1]),
        _ => return None,
    })
}

//! auth: companies, teams, the keys of companies, and the trail.

use serde_json::json;

use crate::{
    access::{
        call::Call,
        check::Case,
        identity::Identity,
        people::{fresh_email, newcomer},
    },
    support::PASSWORD,
};

pub async fn call(case: &Case<'_>) -> Option<Call> {
    let world = case.world;
    let (company_id, colleague) = (world.scene.company_id.as_str(), world.colleague.id.as_str());
    let of_company = format!("company_id={company_id}");
    let api_keys = format!("/api/companies/{company_id}/api-keys");
    Some(match case.row.operation {
        "GET /api/admin/audit" | "GET /api/companies" => Call::plain(),
        "POST /api/companies" => Call::json(json!({"name": "Hof GmbH", "country": "DE", "currency": "EUR"}))
            .by_stand_in(&case.stand_in().await.token),
        "GET /api/companies/{company_id}" => Call::at([company_id]),
        "PUT /api/companies/{company_id}" => {
            Call::at([company_id]).with(json!({"name": "Kellerklang", "slug": world.things.company_slug}))
        }
        "DELETE /api/companies/{company_id}" if case.is_let_in() => Call::at([&world.company().await]),
        "DELETE /api/companies/{company_id}" => Call::at([company_id]),
        // Owners and managers
        "POST /api/companies/{company_id}/admins" => {
            Call::at([company_id]).with(json!({"user_id": colleague, "role": "manager"}))
        }
        "DELETE /api/companies/{company_id}/admins/{user_id}" => Call::at([company_id, colleague]),
        "POST /api/companies/{company_id}/transfer-ownership" => {
            let heir = if case.is_let_in() { &world.scene.owner.id } else { colleague };
            Call::at([company_id]).with(json!({"user_id": heir}))
        }
        // Keys
        "GET /api/companies/{company_id}/api-keys" => Call::at([company_id]),
        "POST /api/companies/{company_id}/api-keys" => {
            Call::at([company_id]).with(json!({"name": "Till", "scopes": ["bookings:read"]}))
        }
        "DELETE /api/companies/{company_id}/api-keys/{key_id}" => {
            Call::at([company_id, &world.api_key(&world.scene.owner, &api_keys).await])
        }
        // The team
        "GET /api/teams/members" | "GET /api/teams/invitations" => Call::query(of_company),
        "POST /api/teams/members" => {
            Call::json(json!({"company_id": company_id, "user_id": world.staff.id, "role": "staff"}))
        }
        "DELETE /api/teams/members/{user_id}" if case.is_let_in() => {
            Call::at([&world.new_staff().await.id]).and_query(of_company)
        }
        "DELETE /api/teams/members/{user_id}" => Call::at([colleague]).and_query(of_company),
        "GET /api/teams/check-email" => Call::query(format!("{of_company}&email={}", world.staff.email)),
        // Invitations
        "POST /api/teams/invite" => {
            Call::json(json!({"company_id": company_id, "email": fresh_email(), "role": "staff"}))
        }
        "DELETE /api/teams/invitations/{invitation_id}" | "POST /api/teams/invitations/{invitation_id}/resend" => {
            Call::at([&world.invitation(company_id, &fresh_email()).await])
        }
        "GET /api/teams/invitations/{token}/offer" => Call::at([&world.invitation_token(&fresh_email()).await]),
        "POST /api/teams/invitations/{token}/accept" => accept(case).await,
        _ => return None,
    })
}

/// The owner of an invitation has the invited address, or no account and nothing but the link.
async fn accept(case: &Case<'_>) -> Call {
    let world = case.world;
    if case.identity == Identity::Anonymous {
        let token = world.invitation_token(&fresh_email()).await;
        return Call::at([&token]).with(json!({"name": "Grace", "password": PASSWORD}));
    }
    let invited = newcomer(&world.platform).await;
    let call = Call::at([&world.invitation_token(&invited.email).await]);
    if case.identity == Identity::Owner { call.by_stand_in(&invited.token) } else { call }
}

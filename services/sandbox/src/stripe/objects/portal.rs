//! <https://docs.stripe.com/api/customer_portal/sessions/object>

use serde_json::{Value, json};

use crate::{portal::PortalRow, state::Sandbox};

pub fn portal_session(app: &Sandbox, row: &PortalRow) -> Value {
    json!({
        "id": row.id,
        "object": "billing_portal.session",
        "configuration": "bpc_sandbox",
        "created": row.created_at.as_second(),
        "customer": row.customer_id,
        "customer_account": null,
        "flow": null,
        "livemode": false,
        "locale": null,
        "on_behalf_of": null,
        "return_url": row.return_url,
        "url": app.page_url(&format!("portal/{}", row.token)),
    })
}

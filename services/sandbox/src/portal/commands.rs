//! Opening the portal, and what a person does there.

use ::store::Conn;
use jiff::{SignedDuration, Timestamp};

use super::store::{PortalRow, find_portal, insert_portal};
use crate::{
    payments::{
        PaymentError,
        methods::{
            CustomerChange, CustomerRow, MethodRow, detach_method_in_tx, find_customer, find_method, list_methods,
            update_customer_in_tx,
        },
        provider_id,
    },
    state::Sandbox,
};

/// How long a page can be used.
const LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// What the API takes to open the portal, checked.
#[derive(Debug, Clone)]
pub struct NewPortal {
    pub customer_id: String,
    pub return_url: String,
}

pub async fn create_portal_in_tx(conn: &mut Conn, now: Timestamp, new: NewPortal) -> Result<PortalRow, PaymentError> {
    find_customer(conn, &new.customer_id).await?;
    let row = PortalRow {
        token: provider_id("live"),
        id: provider_id("bps"),
        customer_id: new.customer_id,
        return_url: new.return_url,
        created_at: now,
    };
    insert_portal(conn, row.clone()).await?;
    Ok(row)
}

/// What a person sees.
pub struct Shown {
    pub portal: PortalRow,
    pub customer: CustomerRow,
    pub methods: Vec<MethodRow>,
}

pub async fn show(app: &Sandbox, token: &str) -> Result<Shown, PaymentError> {
    let now = app.clock.now();
    app.db.transaction(async |conn| show_in_tx(conn, now, token).await).await
}

async fn show_in_tx(conn: &mut Conn, now: Timestamp, token: &str) -> Result<Shown, PaymentError> {
    let portal = find_portal(conn, token).await?.ok_or_else(|| PaymentError::not_found("portal", token))?;
    if now >= portal.created_at + LIFETIME {
        return Err(PaymentError::SessionExpired);
    }
    let customer = find_customer(conn, &portal.customer_id).await?;
    let methods = list_methods(conn, &customer.id).await?;
    Ok(Shown { portal, customer, methods })
}

/// What somebody does with one of their cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    Default,
    Remove,
}

pub async fn choose(app: &Sandbox, token: &str, method_id: &str, choice: Choice) -> Result<(), PaymentError> {
    let now = app.clock.now();
    app.db.transaction(async |conn| choose_in_tx(conn, now, token, (method_id, choice)).await).await?;
    app.wake_jobs();
    Ok(())
}

/// Somebody else's card is as unknown here as one that is gone.
async fn choose_in_tx(
    conn: &mut Conn,
    now: Timestamp,
    token: &str,
    (method_id, choice): (&str, Choice),
) -> Result<(), PaymentError> {
    let customer = show_in_tx(conn, now, token).await?.customer;
    let method = find_method(conn, method_id).await?;
    let is_theirs = method.is_some_and(|method| method.customer_id.as_ref() == Some(&customer.id));
    match choice {
        _ if !is_theirs => return Err(PaymentError::NotAttached),
        Choice::Default => {
            let change = CustomerChange { default_method: Some(method_id.to_owned()), email: None };
            update_customer_in_tx(conn, now, &customer.id, &change).await?;
        }
        Choice::Remove => {
            detach_method_in_tx(conn, now, method_id).await?;
        }
    }
    Ok(())
}

//! What the others hear of companies and of who works for them.

use contracts::auth::v1::{CompanyCreated, CompanyDeleted, CompanyUpdated, MembershipChanged};
use events::outbox::{Change, enqueue};
use jiff::Timestamp;
use kernel::UserId;
use service_kit::identity::CompanyRole;
use store::{Conn, Error};

use super::Company;
use crate::users::User;

fn change(company: &Company, ordinal: i16, now: Timestamp) -> Change {
    Change {
        aggregate_type: "company",
        aggregate_id: company.id.uuid(),
        version: company.version,
        ordinal,
        tenant: Some(company.id.uuid()),
        occurred_at: now,
    }
}

pub async fn created(conn: &mut Conn, company: &Company, owner: &User, now: Timestamp) -> Result<(), Error> {
    let event = CompanyCreated {
        company_id: company.id.to_string(),
        slug: company.slug.as_str().to_owned(),
        name: company.name.as_str().to_owned(),
        country: company.country.code(),
        currency: company.currency.to_string(),
        owner_user_id: owner.id.to_string(),
        owner_email: owner.email.to_string(),
        owner_name: owner.name.as_str().to_owned(),
    };
    enqueue(conn, change(company, 0, now), &event).await.map(drop)
}

pub async fn updated(conn: &mut Conn, company: &Company, now: Timestamp) -> Result<(), Error> {
    let event = CompanyUpdated {
        company_id: company.id.to_string(),
        slug: company.slug.as_str().to_owned(),
        name: company.name.as_str().to_owned(),
        country: company.country.code(),
        currency: company.currency.to_string(),
    };
    enqueue(conn, change(company, 0, now), &event).await.map(drop)
}

pub async fn deleted(conn: &mut Conn, company: &Company, now: Timestamp) -> Result<(), Error> {
    let event = CompanyDeleted {
        company_id: company.id.to_string(),
        slug: company.slug.as_str().to_owned(),
        name: company.name.as_str().to_owned(),
        country: company.country.code(),
        currency: company.currency.to_string(),
    };
    enqueue(conn, change(company, 0, now), &event).await.map(drop)
}

/// `ordinal` is above 0 where the same change has told something else of the company.
pub async fn membership_changed(
    conn: &mut Conn,
    company: &Company,
    (user_id, role): (UserId, Option<CompanyRole>),
    ordinal: i16,
    now: Timestamp,
) -> Result<(), Error> {
    let event = MembershipChanged {
        company_id: company.id.to_string(),
        user_id: user_id.to_string(),
        role: role.map(CompanyRole::as_str).unwrap_or_default().to_owned(),
    };
    enqueue(conn, change(company, ordinal, now), &event).await.map(drop)
}

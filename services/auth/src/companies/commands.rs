//! Founding and changing companies, and looking them up.

use ::store::Conn;
use jiff::Timestamp;
use kernel::{CompanyId, UserId};
use service_kit::{
    Allowed,
    identity::{CompanyRole, permissions::UpdateCompany},
};

use super::{
    Company, CompanyError, Slug, events,
    model::MAX_MEMBERSHIPS,
    store,
    store::{CompanyChange, NewCompany},
};
use crate::{
    App,
    actor::Actor,
    audit::{self, AuditKind},
    members,
    sessions::Device,
    users,
};

/// Founds a company; the caller owns it.
pub async fn create_company(
    app: &App,
    founder: &Actor,
    company: &NewCompany,
    slug: Option<&Slug>,
) -> Result<Company, CompanyError> {
    let now = app.clock.now();
    app.db.transaction(async |conn| create_company_in_tx(conn, founder, company, slug, now).await).await
}

async fn create_company_in_tx(
    conn: &mut Conn,
    founder: &Actor,
    company: &NewCompany,
    slug: Option<&Slug>,
    now: Timestamp,
) -> Result<Company, CompanyError> {
    let owner_id = founder.user_id;
    // Locked, so that two requests at once do not both see room for one more.
    let owner = users::store::lock(conn, owner_id).await?.ok_or(CompanyError::NotFound)?;
    if !owner.email_verified {
        return Err(CompanyError::EmailNotVerified);
    }
    if members::store::count_of_user(conn, owner_id).await? >= MAX_MEMBERSHIPS {
        return Err(CompanyError::TooManyCompanies);
    }
    let company = match slug {
        Some(slug) => store::insert(conn, company, slug, now).await?,
        None => insert_with_free_slug(conn, company, now).await?,
    };
    let company = company.ok_or(CompanyError::SlugTaken)?;
    members::store::insert(conn, company.id, (owner_id, CompanyRole::Owner), now).await?;
    events::created(conn, &company, &owner, now).await?;
    events::membership_changed(conn, &company, (owner_id, Some(CompanyRole::Owner)), 1, now).await?;
    audit::record_in_tx(conn, &founder.did(AuditKind::CompanyCreated, now).in_company(company.id)).await?;
    Ok(company)
}

async fn insert_with_free_slug(
    conn: &mut Conn,
    company: &NewCompany,
    now: Timestamp,
) -> Result<Option<Company>, ::store::Error> {
    for slug in Slug::candidates(&company.name) {
        if let Some(company) = store::insert(conn, company, &slug, now).await? {
            return Ok(Some(company));
        }
    }
    Ok(None)
}

/// Changes what the company is called. Country and currency stay: its money has been counted by them.
pub async fn update_company(
    app: &App,
    (allowed, device): (&Allowed<UpdateCompany>, Device),
    change: &CompanyChange,
) -> Result<Company, CompanyError> {
    let id = allowed.company_id();
    let actor = Actor::new(allowed.caller(), device);
    let now = app.clock.now();
    app.db.transaction(async |conn| update_company_in_tx(conn, (id, &actor), change, now).await).await
}

async fn update_company_in_tx(
    conn: &mut Conn,
    (id, actor): (CompanyId, &Actor),
    change: &CompanyChange,
    now: Timestamp,
) -> Result<Company, CompanyError> {
    store::lock(conn, id).await?.ok_or(CompanyError::NotFound)?;
    members::ensure_allowed_in_tx::<UpdateCompany>(conn, id, actor.user_id).await?;
    if !store::claim_slug(conn, id, &change.slug).await? {
        return Err(CompanyError::SlugTaken);
    }
    let company = store::update(conn, id, change, now).await?;
    events::updated(conn, &company, now).await?;
    audit::record_in_tx(conn, &actor.did(AuditKind::CompanyUpdated, now).in_company(id)).await?;
    Ok(company)
}

/// By id or slug; no slug looks like an id.
pub async fn find_company(app: &App, reference: &str) -> Result<Company, CompanyError> {
    let mut conn = app.db.conn().await?;
    let found = match reference.parse::<CompanyId>() {
        Ok(id) => store::find(&mut conn, id).await?,
        Err(_) if Slug::looks_like_one(reference) => store::find_by_slug(&mut conn, reference).await?,
        Err(_) => None,
    };
    found.ok_or(CompanyError::NotFound)
}

pub async fn list_companies(
    app: &App,
    user_id: UserId,
    after: Option<CompanyId>,
    limit: i64,
) -> Result<Vec<Company>, CompanyError> {
    let mut conn = app.db.conn().await?;
    Ok(store::list_of_user(&mut conn, user_id, after, limit).await?)
}

/// A company and who runs it, for other services.
pub async fn find_company_with_managers(app: &App, id: CompanyId) -> Result<(Company, Vec<UserId>), CompanyError> {
    let mut conn = app.db.conn().await?;
    let company = store::find(&mut conn, id).await?.ok_or(CompanyError::NotFound)?;
    Ok((company, store::list_managers(&mut conn, id).await?))
}

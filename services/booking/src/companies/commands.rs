//! Making sure that a company is known here.

use kernel::{CompanyId, Currency};
use problem::Problem;
use serde::Deserialize;

use super::{Company, store as companies};
use crate::startup::App;

/// What auth answers at `/internal/companies/{id}`; it says more than is read here.
#[derive(Debug, Deserialize)]
struct PeerCompany {
    id: CompanyId,
    slug: String,
    name: String,
    country: String,
    currency: Currency,
}

/// A copy that was fetched knows no version, and gives way to any event.
const FETCHED: i64 = 0;

/// The local copy, fetched from auth when it is missing. 404 when auth knows no such company either, and
/// for one that is closed.
pub async fn ensure_company(app: &App, id: CompanyId) -> Result<Company, Problem> {
    // The connection goes back to the pool before auth is asked.
    let known = companies::find_company(&mut *app.db.conn().await?, id).await?;
    if let Some(company) = known {
        return if company.closed { Err(Problem::not_found()) } else { Ok(company) };
    }
    let fetched: Option<PeerCompany> = app.peers.get("auth", &format!("/internal/companies/{id}")).await?;
    let peer = fetched.ok_or_else(Problem::not_found)?;
    let company = Company {
        id: peer.id,
        slug: peer.slug,
        name: peer.name,
        country: peer.country,
        currency: peer.currency,
        closed: false,
    };
    companies::upsert_company(&mut *app.db.conn().await?, &company, FETCHED).await?;
    Ok(company)
}

//! The local copy of auth's companies: what a studio, a price list and an event need of them. It is filled by
//! `CompanyCreated`, `CompanyUpdated` and `CompanyDeleted`; where that event has not arrived yet, auth is asked, outside any transaction.

pub mod commands;
pub mod http;
pub mod store;

use kernel::{CompanyId, Currency};

#[derive(Debug, Clone)]
pub struct Company {
    pub id: CompanyId,
    pub slug: String,
    pub name: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub currency: Currency,
    /// Nothing new begins at a closed company.
    pub closed: bool,
}

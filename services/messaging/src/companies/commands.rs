//! Finding a company's people.

use kernel::{CompanyId, UserId};
use serde::Deserialize;

use super::store;
use crate::{App, mails::DispatchError};

/// Auth's answer to `GET /internal/companies/{company_id}`; it says more than we need.
#[derive(Deserialize)]
struct CompanyAnswer {
    /// Owners and managers.
    staff: Vec<UserId>,
}

/// The owners and managers; auth is asked where no event has told us of any.
pub async fn recipients_of(app: &App, company_id: CompanyId) -> Result<Vec<UserId>, DispatchError> {
    let known = store::list_recipients(&mut *app.db.conn().await?, company_id).await?;
    if !known.is_empty() {
        return Ok(known);
    }
    let answer: Option<CompanyAnswer> = app.peers.get("auth", &format!("/internal/companies/{company_id}")).await?;
    let staff = answer.map(|company| company.staff).filter(|staff| !staff.is_empty());
    staff.ok_or_else(|| DispatchError::Never("the company has nobody to write to".to_owned()))
}

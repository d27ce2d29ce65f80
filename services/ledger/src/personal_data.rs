//! What the ledger keeps of a person: every entry of their wallets and credits, handed out when they want a copy. It stays
//! when they go, as the books must; the id of their accounts names nobody then.

use actix_web::{
    get,
    web::{self, Data},
};
use kernel::{AccountId, UserId};
use problem::Problem;
use serde::Serialize;
use service_kit::{Page, PageQuery, Path, Query, identity::CalledBy};

use crate::{
    App,
    accounts::{Owner, http::StatementLine, statement::list_entries_of},
    balances::http::Auth,
};

/// An entry of one of a person's accounts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PersonalEntry {
    /// The account's code, such as that of a wallet.
    pub account: String,
    #[serde(flatten)]
    pub line: StatementLine,
}

/// A page of the entries of a person's accounts, account by account, oldest first.
#[utoipa::path(
    tag = "internal",
    params(("user_id" = inline(UserId), Path), PageQuery),
    responses((status = 200, body = Page<PersonalEntry>)),
    security(("bearer" = [])),
)]
#[get("/internal/users/{user_id}/personal-data")]
pub async fn export_entries_of(
    app: Data<App>,
    _: CalledBy<Auth>,
    user_id: Path<UserId>,
    page: Query<PageQuery>,
) -> Result<web::Json<Page<PersonalEntry>>, Problem> {
    let (limit, after) = (page.limit()?, page.after::<(AccountId, i64)>()?);
    let mut conn = app.db.conn().await?;
    let found = list_entries_of(&mut conn, Owner::User(*user_id), after, limit + 1).await?;
    let page = Page::of(found, limit, |entry| (entry.account_id, entry.row.number));
    Ok(web::Json(page.map(|entry| PersonalEntry { account: entry.account, line: entry.row.into() })))
}

//! The tables of companies and memberships.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, Selectable, SelectableHelper, prelude::Queryable};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{CompanyId, Currency, UserId};
use service_kit::identity::CompanyRole;
use store::{Conn, Error};

use super::{Company, CompanyName, Country, Slug, VatId};
use crate::{
    columns::check,
    schema::{
        companies::{self, dsl},
        memberships,
    },
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = companies, check_for_backend(diesel::pg::Pg))]
struct CompanyRow {
    id: CompanyId,
    slug: String,
    name: String,
    country: String,
    currency: Currency,
    vat_id: Option<String>,
    version: i64,
    created_at: jiff_diesel::Timestamp,
}

impl CompanyRow {
    fn into_company(self) -> Result<Company, Error> {
        Ok(Company {
            id: self.id,
            slug: Slug::from_column(self.slug),
            name: CompanyName::from_column(self.name),
            country: check(Country::try_from(self.country))?,
            currency: self.currency,
            vat_id: self.vat_id.map(VatId::from_column),
            version: self.version,
            created_at: self.created_at.to_jiff(),
        })
    }
}

/// A company as it is founded.
#[derive(Debug, Clone)]
pub struct NewCompany {
    pub name: CompanyName,
    pub country: Country,
    pub currency: Currency,
    pub vat_id: Option<VatId>,
}

/// `None` when the slug is taken.
pub async fn insert(
    conn: &mut Conn,
    company: &NewCompany,
    slug: &Slug,
    now: Timestamp,
) -> Result<Option<Company>, Error> {
    let row: Option<CompanyRow> = diesel::insert_into(companies::table)
        .values((
            dsl::id.eq(CompanyId::new()),
            dsl::slug.eq(slug.as_str()),
            dsl::name.eq(company.name.as_str()),
            dsl::country.eq(company.country.code()),
            dsl::currency.eq(company.currency),
            dsl::vat_id.eq(company.vat_id.as_ref().map(VatId::as_str)),
            dsl::version.eq(1),
            dsl::created_at.eq(now.to_diesel()),
            dsl::updated_at.eq(now.to_diesel()),
        ))
        .on_conflict(dsl::slug)
        .do_nothing()
        .returning(CompanyRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    row.map(CompanyRow::into_company).transpose()
}

pub async fn find(conn: &mut Conn, id: CompanyId) -> Result<Option<Company>, Error> {
    let row: Option<CompanyRow> =
        dsl::companies.find(id).select(CompanyRow::as_select()).first(conn).await.optional()?;
    row.map(CompanyRow::into_company).transpose()
}

pub async fn find_by_slug(conn: &mut Conn, slug: &str) -> Result<Option<Company>, Error> {
    let query = dsl::companies.filter(dsl::slug.eq(slug)).select(CompanyRow::as_select());
    let row: Option<CompanyRow> = query.first(conn).await.optional()?;
    row.map(CompanyRow::into_company).transpose()
}

/// A page of the companies the user works for, oldest first; one more than `limit` says that there are more.
pub async fn list_of_user(
    conn: &mut Conn,
    user_id: UserId,
    after: Option<CompanyId>,
    limit: i64,
) -> Result<Vec<Company>, Error> {
    let mut query = memberships::table
        .inner_join(companies::table)
        .filter(memberships::user_id.eq(user_id))
        .order(memberships::company_id)
        .limit(limit + 1)
        .select(CompanyRow::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(memberships::company_id.gt(after));
    }
    let rows: Vec<CompanyRow> = query.load(conn).await?;
    rows.into_iter().map(CompanyRow::into_company).collect()
}

pub async fn insert_member(
    conn: &mut Conn,
    company_id: CompanyId,
    (user_id, role): (UserId, CompanyRole),
    now: Timestamp,
) -> Result<(), Error> {
    diesel::insert_into(memberships::table)
        .values((
            memberships::company_id.eq(company_id),
            memberships::user_id.eq(user_id),
            memberships::role.eq(role.as_str()),
            memberships::created_at.eq(now.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn count_memberships(conn: &mut Conn, user_id: UserId) -> Result<i64, Error> {
    Ok(memberships::table.filter(memberships::user_id.eq(user_id)).count().get_result(conn).await?)
}

/// The owners and managers: who runs the company.
pub async fn list_managers(conn: &mut Conn, company_id: CompanyId) -> Result<Vec<UserId>, Error> {
    let managing = [CompanyRole::Owner.as_str(), CompanyRole::Manager.as_str()];
    Ok(memberships::table
        .filter(memberships::company_id.eq(company_id))
        .filter(memberships::role.eq_any(managing))
        .order(memberships::user_id)
        .select(memberships::user_id)
        .load(conn)
        .await?)
}

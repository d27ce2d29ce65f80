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
        company_slugs, memberships,
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

/// A company as a change leaves it.
#[derive(Debug, Clone)]
pub struct CompanyChange {
    pub name: CompanyName,
    pub slug: Slug,
    pub vat_id: Option<VatId>,
}

/// `None` when the slug is taken, now or by a company that once had it.
pub async fn insert(
    conn: &mut Conn,
    company: &NewCompany,
    slug: &Slug,
    now: Timestamp,
) -> Result<Option<Company>, Error> {
    let id = CompanyId::new();
    if !claim_slug(conn, id, slug).await? {
        return Ok(None);
    }
    let row: CompanyRow = diesel::insert_into(companies::table)
        .values((
            dsl::id.eq(id),
            dsl::slug.eq(slug.as_str()),
            dsl::name.eq(company.name.as_str()),
            dsl::country.eq(company.country.code()),
            dsl::currency.eq(company.currency),
            dsl::vat_id.eq(company.vat_id.as_ref().map(VatId::as_str)),
            dsl::version.eq(1),
            dsl::created_at.eq(now.to_diesel()),
            dsl::updated_at.eq(now.to_diesel()),
        ))
        .returning(CompanyRow::as_returning())
        .get_result(conn)
        .await?;
    row.into_company().map(Some)
}

/// Makes the slug one of the company's; false when it is, or once was, another's.
pub async fn claim_slug(conn: &mut Conn, id: CompanyId, slug: &Slug) -> Result<bool, Error> {
    diesel::insert_into(company_slugs::table)
        .values((company_slugs::slug.eq(slug.as_str()), company_slugs::company_id.eq(id)))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    let owner: CompanyId =
        company_slugs::table.find(slug.as_str()).select(company_slugs::company_id).first(conn).await?;
    Ok(owner == id)
}

pub async fn find(conn: &mut Conn, id: CompanyId) -> Result<Option<Company>, Error> {
    let query = dsl::companies.find(id).filter(dsl::deleted_at.is_null()).select(CompanyRow::as_select());
    let row: Option<CompanyRow> = query.first(conn).await.optional()?;
    row.map(CompanyRow::into_company).transpose()
}

/// Locks the company until the end of the transaction. Whatever changes it, its members, keys or invitations locks it
/// first, and a person's account before that.
pub async fn lock(conn: &mut Conn, id: CompanyId) -> Result<Option<Company>, Error> {
    let query = dsl::companies.find(id).filter(dsl::deleted_at.is_null()).select(CompanyRow::as_select());
    let row: Option<CompanyRow> = query.for_no_key_update().first(conn).await.optional()?;
    row.map(CompanyRow::into_company).transpose()
}

/// By its slug or one it had before.
pub async fn find_by_slug(conn: &mut Conn, slug: &str) -> Result<Option<Company>, Error> {
    let row: Option<CompanyRow> = company_slugs::table
        .inner_join(companies::table)
        .filter(company_slugs::slug.eq(slug))
        .filter(dsl::deleted_at.is_null())
        .select(CompanyRow::as_select())
        .first(conn)
        .await
        .optional()?;
    row.map(CompanyRow::into_company).transpose()
}

pub async fn update(conn: &mut Conn, id: CompanyId, change: &CompanyChange, now: Timestamp) -> Result<Company, Error> {
    let row: CompanyRow = diesel::update(dsl::companies.find(id))
        .set((
            dsl::name.eq(change.name.as_str()),
            dsl::slug.eq(change.slug.as_str()),
            dsl::vat_id.eq(change.vat_id.as_ref().map(VatId::as_str)),
            dsl::version.eq(dsl::version + 1),
            dsl::updated_at.eq(now.to_diesel()),
        ))
        .returning(CompanyRow::as_returning())
        .get_result(conn)
        .await?;
    row.into_company()
}

/// The next version of a company whose members change.
pub async fn advance(conn: &mut Conn, id: CompanyId, now: Timestamp) -> Result<Company, Error> {
    let row: CompanyRow = diesel::update(dsl::companies.find(id))
        .set((dsl::version.eq(dsl::version + 1), dsl::updated_at.eq(now.to_diesel())))
        .returning(CompanyRow::as_returning())
        .get_result(conn)
        .await?;
    row.into_company()
}

/// Closes the company; its row stays.
pub async fn mark_deleted(conn: &mut Conn, id: CompanyId, now: Timestamp) -> Result<Company, Error> {
    let row: CompanyRow = diesel::update(dsl::companies.find(id))
        .set((
            dsl::deleted_at.eq(now.to_diesel()),
            dsl::version.eq(dsl::version + 1),
            dsl::updated_at.eq(now.to_diesel()),
        ))
        .returning(CompanyRow::as_returning())
        .get_result(conn)
        .await?;
    row.into_company()
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
        .filter(dsl::deleted_at.is_null())
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

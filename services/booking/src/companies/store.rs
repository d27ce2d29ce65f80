//! Rows of companies.

use diesel::query_dsl::methods::FilterDsl;
use diesel::upsert::excluded;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, Queryable, Selectable, SelectableHelper};
use diesel_async::RunQueryDsl;
use kernel::{CompanyId, Currency};
use store::{Conn, Error};

use super::Company;
use crate::schema::companies;

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = companies)]
struct CompanyRow {
    id: CompanyId,
    slug: String,
    name: String,
    country: String,
    currency: Currency,
}

impl From<CompanyRow> for Company {
    fn from(row: CompanyRow) -> Self {
        Self { id: row.id, slug: row.slug, name: row.name, country: row.country, currency: row.currency }
    }
}

pub async fn find_company(conn: &mut Conn, id: CompanyId) -> Result<Option<Company>, Error> {
    let row = companies::table.find(id).select(CompanyRow::as_select()).first(conn).await.optional()?;
    Ok(row.map(Company::from))
}

/// Keeps the newest version, whatever the order of arrival.
pub async fn upsert_company(conn: &mut Conn, company: &Company, version: i64) -> Result<(), Error> {
    let insert = diesel::insert_into(companies::table)
        .values((
            companies::id.eq(company.id),
            companies::version.eq(version),
            companies::slug.eq(&company.slug),
            companies::name.eq(&company.name),
            companies::country.eq(&company.country),
            companies::currency.eq(company.currency),
        ))
        .on_conflict(companies::id)
        .do_update()
        .set((
            companies::version.eq(excluded(companies::version)),
            companies::slug.eq(excluded(companies::slug)),
            companies::name.eq(excluded(companies::name)),
            companies::country.eq(excluded(companies::country)),
            companies::currency.eq(excluded(companies::currency)),
        ));
    FilterDsl::filter(insert, companies::version.lt(excluded(companies::version))).execute(conn).await?;
    Ok(())
}

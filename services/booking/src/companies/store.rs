//! Rows of companies.

use diesel::upsert::excluded;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods, OptionalExtension, QueryDsl, Queryable,
    Selectable, SelectableHelper,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{CompanyId, Currency};
use store::{Conn, Error};

use super::Company;
use crate::schema::{bookings, companies};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = companies)]
struct CompanyRow {
    id: CompanyId,
    slug: String,
    name: String,
    country: String,
    currency: Currency,
    closed: bool,
}

impl From<CompanyRow> for Company {
    fn from(row: CompanyRow) -> Self {
        Self {
            id: row.id,
            slug: row.slug,
            name: row.name,
            country: row.country,
            currency: row.currency,
            closed: row.closed,
        }
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
            companies::closed.eq(company.closed),
        ))
        .on_conflict(companies::id)
        .do_update()
        .set((
            companies::version.eq(excluded(companies::version)),
            companies::slug.eq(excluded(companies::slug)),
            companies::name.eq(excluded(companies::name)),
            companies::country.eq(excluded(companies::country)),
            companies::currency.eq(excluded(companies::currency)),
            companies::closed.eq(excluded(companies::closed)),
        ));
    diesel::query_dsl::methods::FilterDsl::filter(insert, companies::version.lt(excluded(companies::version)))
        .execute(conn)
        .await?;
    Ok(())
}

/// How many bookings of a company are not over: asked for, held or confirmed. A hold that has expired is none.
pub async fn count_upcoming_bookings(conn: &mut Conn, id: CompanyId, now: Timestamp) -> Result<i64, Error> {
    let open = bookings::status
        .eq_any(["requested", "confirmed"])
        .or(bookings::status.eq("held").and(bookings::hold_expires_at.assume_not_null().gt(now.to_diesel())));
    let upcoming =
        bookings::table.filter(bookings::company_id.eq(id)).filter(bookings::ends_at.gt(now.to_diesel())).filter(open);
    Ok(upcoming.count().get_result(conn).await?)
}

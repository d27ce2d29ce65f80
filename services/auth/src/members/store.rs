//! The table of memberships.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, NullableExpressionMethods, OptionalExtension, QueryDsl,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{CompanyId, PhotoId, UserId};
use service_kit::identity::CompanyRole;
use store::{Conn, Error};

use super::Member;
use crate::{
    columns::parse,
    schema::{
        companies,
        memberships::{self, dsl},
        photos, users,
    },
};

pub async fn insert(
    conn: &mut Conn,
    company_id: CompanyId,
    (user_id, role): (UserId, CompanyRole),
    now: Timestamp,
) -> Result<(), Error> {
    diesel::insert_into(memberships::table)
        .values((
            dsl::company_id.eq(company_id),
            dsl::user_id.eq(user_id),
            dsl::role.eq(role.as_str()),
            dsl::created_at.eq(now.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn update_role(
    conn: &mut Conn,
    company_id: CompanyId,
    user_id: UserId,
    role: CompanyRole,
) -> Result<(), Error> {
    diesel::update(dsl::memberships.find((company_id, user_id))).set(dsl::role.eq(role.as_str())).execute(conn).await?;
    Ok(())
}

pub async fn delete(conn: &mut Conn, company_id: CompanyId, user_id: UserId) -> Result<(), Error> {
    diesel::delete(dsl::memberships.find((company_id, user_id))).execute(conn).await?;
    Ok(())
}

/// `None` for somebody who does not work there.
pub async fn find_role(conn: &mut Conn, company_id: CompanyId, user_id: UserId) -> Result<Option<CompanyRole>, Error> {
    let role: Option<String> =
        dsl::memberships.find((company_id, user_id)).select(dsl::role).first(conn).await.optional()?;
    role.as_deref().map(parse).transpose()
}

pub async fn count_owners(conn: &mut Conn, company_id: CompanyId) -> Result<i64, Error> {
    let owners =
        dsl::memberships.filter(dsl::company_id.eq(company_id)).filter(dsl::role.eq(CompanyRole::Owner.as_str()));
    Ok(owners.count().get_result(conn).await?)
}

pub async fn count_of_company(conn: &mut Conn, company_id: CompanyId) -> Result<i64, Error> {
    Ok(dsl::memberships.filter(dsl::company_id.eq(company_id)).count().get_result(conn).await?)
}

/// Of companies that are not closed.
pub async fn count_of_user(conn: &mut Conn, user_id: UserId) -> Result<i64, Error> {
    let open = memberships::table
        .inner_join(companies::table)
        .filter(dsl::user_id.eq(user_id))
        .filter(companies::deleted_at.is_null());
    Ok(open.count().get_result(conn).await?)
}

/// Everybody who works for the company, in the order of their ids.
pub async fn list_ids(conn: &mut Conn, company_id: CompanyId) -> Result<Vec<UserId>, Error> {
    let members = dsl::memberships.filter(dsl::company_id.eq(company_id)).order(dsl::user_id);
    Ok(members.select(dsl::user_id).load(conn).await?)
}

/// The companies a person works for that are not closed, in the order of their ids.
pub async fn list_companies_of(conn: &mut Conn, user_id: UserId) -> Result<Vec<CompanyId>, Error> {
    Ok(memberships::table
        .inner_join(companies::table)
        .filter(dsl::user_id.eq(user_id))
        .filter(companies::deleted_at.is_null())
        .order(dsl::company_id)
        .select(dsl::company_id)
        .load(conn)
        .await?)
}

/// Whether somebody works for one of these companies.
pub async fn works_for_any(conn: &mut Conn, user_id: UserId, companies: &[CompanyId]) -> Result<bool, Error> {
    let shared = dsl::memberships.filter(dsl::user_id.eq(user_id)).filter(dsl::company_id.eq_any(companies));
    Ok(diesel::select(diesel::dsl::exists(shared)).get_result(conn).await?)
}

type MemberRow = (UserId, String, String, String, Option<PhotoId>, jiff_diesel::Timestamp);

fn member((user_id, name, email, role, photo_id, joined_at): MemberRow) -> Result<Member, Error> {
    Ok(Member { user_id, name, email, role: parse(&role)?, photo_id, joined_at: joined_at.to_jiff() })
}

#[diesel::dsl::auto_type(no_type_alias)]
fn with_people() -> _ {
    let current = photos::user_id.eq(users::id).and(photos::state.eq("current"));
    memberships::table.inner_join(users::table).left_join(photos::table.on(current))
}

/// A page of the members in the order of their ids; one more than `limit` says that there are more.
pub async fn list(
    conn: &mut Conn,
    company_id: CompanyId,
    (after, limit): (Option<UserId>, i64),
) -> Result<Vec<Member>, Error> {
    let after = after.unwrap_or(UserId::from_uuid(uuid::Uuid::nil()));
    let rows: Vec<MemberRow> = with_people()
        .filter(dsl::company_id.eq(company_id))
        .filter(dsl::user_id.gt(after))
        .order(dsl::user_id)
        .limit(limit + 1)
        .select((dsl::user_id, users::name, users::email, dsl::role, photos::id.nullable(), dsl::created_at))
        .load(conn)
        .await?;
    rows.into_iter().map(member).collect()
}

pub async fn find(conn: &mut Conn, company_id: CompanyId, user_id: UserId) -> Result<Option<Member>, Error> {
    let row: Option<MemberRow> = with_people()
        .filter(dsl::company_id.eq(company_id))
        .filter(dsl::user_id.eq(user_id))
        .select((dsl::user_id, users::name, users::email, dsl::role, photos::id.nullable(), dsl::created_at))
        .first(conn)
        .await
        .optional()?;
    row.map(member).transpose()
}

/// Whether an address belongs to a member of this company.
pub async fn has_email(conn: &mut Conn, company_id: CompanyId, email_key: &str) -> Result<bool, Error> {
    let member = memberships::table
        .inner_join(users::table)
        .filter(dsl::company_id.eq(company_id))
        .filter(crate::columns::lower(users::email).eq(email_key.to_owned()));
    Ok(diesel::select(diesel::dsl::exists(member)).get_result(conn).await?)
}

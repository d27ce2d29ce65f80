//! Rows of members.

use ::store::{Conn, Error};
use diesel::{prelude::*, upsert::excluded};
use diesel_async::RunQueryDsl;
use kernel::{CompanyId, UserId};

use crate::schema::company_members::{self, dsl};

/// A new company's owner, where nothing newer is known of them.
pub async fn remember_owner(conn: &mut Conn, company_id: CompanyId, user_id: UserId) -> Result<(), Error> {
    change_member(conn, (company_id, user_id), "owner", 0).await
}

/// The member's role from that version on; empty for somebody who has left.
pub async fn change_member(
    conn: &mut Conn,
    (company_id, user_id): (CompanyId, UserId),
    role: &str,
    version: i64,
) -> Result<(), Error> {
    use diesel::query_dsl::methods::FilterDsl as _;

    diesel::insert_into(company_members::table)
        .values((
            dsl::company_id.eq(company_id),
            dsl::user_id.eq(user_id),
            dsl::role.eq(role),
            dsl::version.eq(version),
        ))
        .on_conflict((dsl::company_id, dsl::user_id))
        .do_update()
        .set((dsl::role.eq(excluded(dsl::role)), dsl::version.eq(excluded(dsl::version))))
        .filter(dsl::version.lt(excluded(dsl::version)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Nobody works for a closed company.
pub async fn close(conn: &mut Conn, company_id: CompanyId, version: i64) -> Result<(), Error> {
    let before = dsl::company_members.filter(dsl::company_id.eq(company_id)).filter(dsl::version.lt(version));
    diesel::update(before).set((dsl::role.eq(""), dsl::version.eq(version))).execute(conn).await?;
    Ok(())
}

/// Owners and managers.
pub async fn list_recipients(conn: &mut Conn, company_id: CompanyId) -> Result<Vec<UserId>, Error> {
    let staff =
        dsl::company_members.filter(dsl::company_id.eq(company_id)).filter(dsl::role.eq_any(["owner", "manager"]));
    Ok(staff.select(dsl::user_id).order(dsl::user_id).load(conn).await?)
}

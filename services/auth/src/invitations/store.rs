//! The table of invitations.

use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, Selectable, SelectableHelper, dsl::sum, prelude::Queryable,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{CompanyId, InvitationId, UserId};
use service_kit::identity::CompanyRole;
use store::{Conn, Error};

use super::{
    Invitation,
    model::{LIFETIME, MailsOrdered},
};
use crate::{
    columns::{lower, parse},
    schema::invitations::{self, dsl},
    users::{Email, User},
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = invitations, check_for_backend(diesel::pg::Pg))]
struct InvitationRow {
    id: InvitationId,
    company_id: CompanyId,
    email: String,
    role: String,
    state: String,
    invited_by: UserId,
    mailed_at: jiff_diesel::Timestamp,
    version: i64,
    created_at: jiff_diesel::Timestamp,
    expires_at: jiff_diesel::Timestamp,
}

impl InvitationRow {
    fn into_invitation(self) -> Result<Invitation, Error> {
        Ok(Invitation {
            id: self.id,
            company_id: self.company_id,
            email: Email::from_column(self.email),
            role: parse(&self.role)?,
            state: parse(&self.state)?,
            invited_by: self.invited_by,
            mailed_at: self.mailed_at.to_jiff(),
            version: self.version,
            created_at: self.created_at.to_jiff(),
            expires_at: self.expires_at.to_jiff(),
        })
    }
}

/// An invitation whose first mail is ordered.
pub async fn insert(
    conn: &mut Conn,
    company_id: CompanyId,
    (email, role): (&Email, CompanyRole),
    invited_by: UserId,
    now: Timestamp,
) -> Result<Invitation, Error> {
    let row: InvitationRow = diesel::insert_into(invitations::table)
        .values((
            dsl::id.eq(InvitationId::new()),
            dsl::company_id.eq(company_id),
            dsl::email.eq(email.as_str()),
            dsl::role.eq(role.as_str()),
            dsl::state.eq("open"),
            dsl::invited_by.eq(invited_by),
            dsl::mails.eq(1),
            dsl::mailed_at.eq(now.to_diesel()),
            dsl::version.eq(1),
            dsl::created_at.eq(now.to_diesel()),
            dsl::expires_at.eq((now + LIFETIME).to_diesel()),
        ))
        .returning(InvitationRow::as_returning())
        .get_result(conn)
        .await?;
    row.into_invitation()
}

/// The invitation of an address that was neither accepted nor withdrawn; it may have expired.
pub async fn find_open(conn: &mut Conn, company_id: CompanyId, email: &Email) -> Result<Option<Invitation>, Error> {
    let row: Option<InvitationRow> = dsl::invitations
        .filter(dsl::company_id.eq(company_id))
        .filter(lower(dsl::email).eq(email.key()))
        .filter(dsl::state.eq("open"))
        .select(InvitationRow::as_select())
        .first(conn)
        .await
        .optional()?;
    row.map(InvitationRow::into_invitation).transpose()
}

/// Whose invitation it is. To decide by it, lock the company and then [`find`].
pub async fn company_of(conn: &mut Conn, id: InvitationId) -> Result<Option<CompanyId>, Error> {
    Ok(dsl::invitations.find(id).select(dsl::company_id).first(conn).await.optional()?)
}

pub async fn find(conn: &mut Conn, company_id: CompanyId, id: InvitationId) -> Result<Option<Invitation>, Error> {
    let query = dsl::invitations.find(id).filter(dsl::company_id.eq(company_id)).select(InvitationRow::as_select());
    let row: Option<InvitationRow> = query.first(conn).await.optional()?;
    row.map(InvitationRow::into_invitation).transpose()
}

/// What a link stands for. To decide by it, lock the company and read it again.
pub async fn find_by_secret(conn: &mut Conn, hash: &[u8]) -> Result<Option<Invitation>, Error> {
    let query = dsl::invitations.filter(dsl::secret_hash.eq(hash)).select(InvitationRow::as_select());
    let row: Option<InvitationRow> = query.first(conn).await.optional()?;
    row.map(InvitationRow::into_invitation).transpose()
}

/// A page of a company's invitations, newest first; one more than `limit` says that there are more.
pub async fn list(
    conn: &mut Conn,
    company_id: CompanyId,
    (after, limit): (Option<InvitationId>, i64),
) -> Result<Vec<Invitation>, Error> {
    let mut query = dsl::invitations
        .filter(dsl::company_id.eq(company_id))
        .order(dsl::id.desc())
        .limit(limit + 1)
        .select(InvitationRow::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(dsl::id.lt(after));
    }
    let rows: Vec<InvitationRow> = query.load(conn).await?;
    rows.into_iter().map(InvitationRow::into_invitation).collect()
}

/// How many mails were ordered since then with the invitations of this company, of this person and to this address.
pub async fn count_mails(
    conn: &mut Conn,
    (company_id, inviter, email): (CompanyId, UserId, &Email),
    since: Timestamp,
) -> Result<MailsOrdered, Error> {
    let recent = dsl::invitations.filter(dsl::mailed_at.gt(since.to_diesel()));
    let of_company = recent.filter(dsl::company_id.eq(company_id)).select(sum(dsl::mails));
    let of_inviter = recent.filter(dsl::invited_by.eq(inviter)).select(sum(dsl::mails));
    let to_mailbox = recent.filter(lower(dsl::email).eq(email.key())).select(sum(dsl::mails));
    let (of_company, of_inviter, to_mailbox): (Option<i64>, Option<i64>, Option<i64>) =
        diesel::select((of_company.single_value(), of_inviter.single_value(), to_mailbox.single_value()))
            .get_result(conn)
            .await?;
    Ok(MailsOrdered {
        of_company: of_company.unwrap_or_default(),
        of_inviter: of_inviter.unwrap_or_default(),
        to_mailbox: to_mailbox.unwrap_or_default(),
    })
}

/// Another mail, in the name of whoever orders it: the week begins anew, and the link of the mail before works no more.
pub async fn renew(conn: &mut Conn, id: InvitationId, by: UserId, now: Timestamp) -> Result<Invitation, Error> {
    let row: InvitationRow = diesel::update(dsl::invitations.find(id))
        .set((
            dsl::invited_by.eq(by),
            dsl::mails.eq(dsl::mails + 1),
            dsl::mailed_at.eq(now.to_diesel()),
            dsl::expires_at.eq((now + LIFETIME).to_diesel()),
            dsl::secret_hash.eq(None::<Vec<u8>>),
            dsl::version.eq(dsl::version + 1),
        ))
        .returning(InvitationRow::as_returning())
        .get_result(conn)
        .await?;
    row.into_invitation()
}

/// Gives an open invitation a new secret in place of the one before.
pub async fn set_secret(conn: &mut Conn, id: InvitationId, hash: &[u8], now: Timestamp) -> Result<bool, Error> {
    let open = dsl::invitations.find(id).filter(dsl::state.eq("open")).filter(dsl::expires_at.gt(now.to_diesel()));
    Ok(diesel::update(open).set(dsl::secret_hash.eq(hash)).execute(conn).await? == 1)
}

pub async fn mark_accepted(conn: &mut Conn, id: InvitationId, by: UserId) -> Result<(), Error> {
    diesel::update(dsl::invitations.find(id))
        .set((dsl::state.eq("accepted"), dsl::accepted_by.eq(by), dsl::version.eq(dsl::version + 1)))
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn mark_withdrawn(conn: &mut Conn, id: InvitationId) -> Result<(), Error> {
    diesel::update(dsl::invitations.find(id))
        .set((dsl::state.eq("withdrawn"), dsl::version.eq(dsl::version + 1)))
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn withdraw_all_of_company(conn: &mut Conn, company_id: CompanyId) -> Result<(), Error> {
    let open = dsl::invitations.filter(dsl::company_id.eq(company_id)).filter(dsl::state.eq("open"));
    diesel::update(open).set((dsl::state.eq("withdrawn"), dsl::version.eq(dsl::version + 1))).execute(conn).await?;
    Ok(())
}

/// Forgets every invitation of a person who is gone, also those to an address they had before.
pub async fn delete_of_person(conn: &mut Conn, user: &User) -> Result<(), Error> {
    diesel::delete(dsl::invitations.filter(lower(dsl::email).eq(user.email.key()))).execute(conn).await?;
    diesel::delete(dsl::invitations.filter(dsl::accepted_by.eq(user.id))).execute(conn).await?;
    Ok(())
}

/// Every invitation of an address, for its person to see.
pub async fn list_of_address(conn: &mut Conn, email: &Email) -> Result<Vec<Invitation>, Error> {
    let rows: Vec<InvitationRow> = dsl::invitations
        .filter(lower(dsl::email).eq(email.key()))
        .order(dsl::id)
        .select(InvitationRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter().map(InvitationRow::into_invitation).collect()
}

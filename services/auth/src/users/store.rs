//! The table of users.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, Selectable, SelectableHelper, prelude::Queryable};
use diesel_async::RunQueryDsl;
use jiff::{SignedDuration, Timestamp};
use jiff_diesel::ToDiesel;
use kernel::{CompanyId, UserId};
use service_kit::identity::PlatformRole;
use store::{Conn, Error};

use super::{Email, Membership, PersonName, Profile, User, UserRole};
use crate::{
    columns::{lower, parse},
    one_time_tokens::Purpose,
    passwords::PasswordHash,
    photos,
    schema::{companies, memberships, users, users::dsl},
};

/// An account that nobody verifies is forgotten so long after its last link is over.
const KEPT_UNVERIFIED: SignedDuration = SignedDuration::from_hours(7 * 24);

#[derive(Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
struct UserRow {
    id: UserId,
    email: String,
    name: String,
    role: String,
    platform_role: Option<String>,
    email_verified_at: Option<jiff_diesel::Timestamp>,
    version: i64,
    created_at: jiff_diesel::Timestamp,
}

impl UserRow {
    fn into_user(self) -> Result<User, Error> {
        Ok(User {
            id: self.id,
            email: Email::from_column(self.email),
            name: PersonName::from_column(self.name),
            role: parse(&self.role)?,
            platform_role: self.platform_role.as_deref().map(parse).transpose()?,
            email_verified: self.email_verified_at.is_some(),
            version: self.version,
            created_at: self.created_at.to_jiff(),
        })
    }
}

/// An account as somebody asks for it.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub email: Email,
    pub name: PersonName,
    pub role: UserRole,
    pub password_hash: PasswordHash,
}

/// Makes an account whose address is not verified yet; `None` when the address has one already.
pub async fn insert(conn: &mut Conn, account: &NewAccount, now: Timestamp) -> Result<Option<User>, Error> {
    let row: Option<UserRow> = diesel::insert_into(users::table)
        .values((
            dsl::id.eq(UserId::new()),
            dsl::email.eq(account.email.as_str()),
            dsl::name.eq(account.name.as_str()),
            dsl::role.eq(account.role.as_str()),
            dsl::password_hash.eq(account.password_hash.as_str()),
            dsl::version.eq(1),
            dsl::created_at.eq(now.to_diesel()),
            dsl::updated_at.eq(now.to_diesel()),
        ))
        .on_conflict_do_nothing()
        .returning(UserRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    row.map(UserRow::into_user).transpose()
}

pub async fn find(conn: &mut Conn, id: UserId) -> Result<Option<User>, Error> {
    let query = dsl::users.find(id).filter(dsl::erased_at.is_null()).select(UserRow::as_select());
    let row: Option<UserRow> = query.first(conn).await.optional()?;
    row.map(UserRow::into_user).transpose()
}

/// Locks the account until the end of the transaction. Sessions and tokens are locked after their user, never before.
pub async fn lock(conn: &mut Conn, id: UserId) -> Result<Option<User>, Error> {
    let query = dsl::users.find(id).filter(dsl::erased_at.is_null()).select(UserRow::as_select());
    let row: Option<UserRow> = query.for_no_key_update().first(conn).await.optional()?;
    row.map(UserRow::into_user).transpose()
}

pub async fn lock_by_email(conn: &mut Conn, email: &Email) -> Result<Option<User>, Error> {
    let accounts = dsl::users.filter(lower(dsl::email).eq(email.key())).filter(dsl::erased_at.is_null());
    let row = accounts.select(UserRow::as_select()).for_no_key_update().first(conn).await.optional()?;
    row.map(UserRow::into_user).transpose()
}

/// An account with its password's hash, to log in.
pub async fn find_credentials(conn: &mut Conn, email: &Email) -> Result<Option<(User, PasswordHash)>, Error> {
    let accounts = dsl::users.filter(lower(dsl::email).eq(email.key())).filter(dsl::erased_at.is_null());
    let query = accounts.select((UserRow::as_select(), dsl::password_hash));
    with_hash(query.first(conn).await.optional()?)
}

/// The same, of somebody who is signed in.
pub async fn credentials_of(conn: &mut Conn, id: UserId) -> Result<Option<(User, PasswordHash)>, Error> {
    let query = dsl::users.find(id).filter(dsl::erased_at.is_null());
    with_hash(query.select((UserRow::as_select(), dsl::password_hash)).first(conn).await.optional()?)
}

/// The same, locked as [`lock`] does.
pub async fn lock_credentials(conn: &mut Conn, id: UserId) -> Result<Option<(User, PasswordHash)>, Error> {
    let query = dsl::users.find(id).filter(dsl::erased_at.is_null());
    let query = query.select((UserRow::as_select(), dsl::password_hash)).for_no_key_update();
    with_hash(query.first(conn).await.optional()?)
}

fn with_hash(row: Option<(UserRow, String)>) -> Result<Option<(User, PasswordHash)>, Error> {
    row.map(|(row, hash)| Ok((row.into_user()?, PasswordHash::new(hash)))).transpose()
}

/// The account as it would be registered again.
pub async fn account_of(conn: &mut Conn, user: &User) -> Result<NewAccount, Error> {
    let hash: String = dsl::users.find(user.id).select(dsl::password_hash).first(conn).await?;
    Ok(NewAccount {
        email: user.email.clone(),
        name: user.name.clone(),
        role: user.role,
        password_hash: PasswordHash::new(hash),
    })
}

/// Replaces what the account is and how it is entered. The address stays.
pub async fn replace(
    conn: &mut Conn,
    id: UserId,
    account: &NewAccount,
    verified_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<User, Error> {
    let row: UserRow = diesel::update(dsl::users.find(id))
        .set((
            dsl::name.eq(account.name.as_str()),
            dsl::role.eq(account.role.as_str()),
            dsl::password_hash.eq(account.password_hash.as_str()),
            dsl::email_verified_at.eq(verified_at.map(|at| at.to_diesel())),
            dsl::version.eq(dsl::version + 1),
            dsl::updated_at.eq(now.to_diesel()),
        ))
        .returning(UserRow::as_returning())
        .get_result(conn)
        .await?;
    row.into_user()
}

/// Nothing of the account changes but its version, for an event that tells of something beside it.
pub async fn advance(conn: &mut Conn, id: UserId, now: Timestamp) -> Result<User, Error> {
    let row: UserRow = diesel::update(dsl::users.find(id))
        .set((dsl::version.eq(dsl::version + 1), dsl::updated_at.eq(now.to_diesel())))
        .returning(UserRow::as_returning())
        .get_result(conn)
        .await?;
    row.into_user()
}

pub async fn set_password(conn: &mut Conn, id: UserId, hash: &PasswordHash, now: Timestamp) -> Result<User, Error> {
    let row: UserRow = diesel::update(dsl::users.find(id))
        .set((
            dsl::password_hash.eq(hash.as_str()),
            dsl::version.eq(dsl::version + 1),
            dsl::updated_at.eq(now.to_diesel()),
        ))
        .returning(UserRow::as_returning())
        .get_result(conn)
        .await?;
    row.into_user()
}

/// Fails on the constraint `users_email` when the address has another account.
pub async fn set_email(conn: &mut Conn, id: UserId, email: &Email, now: Timestamp) -> Result<User, Error> {
    let row: UserRow = diesel::update(dsl::users.find(id))
        .set((dsl::email.eq(email.as_str()), dsl::version.eq(dsl::version + 1), dsl::updated_at.eq(now.to_diesel())))
        .returning(UserRow::as_returning())
        .get_result(conn)
        .await?;
    row.into_user()
}

/// Whether the address is somebody's; that of an account nobody has verified is nobody's yet.
pub async fn has_verified_account(conn: &mut Conn, email: &Email) -> Result<bool, Error> {
    let accounts = dsl::users.filter(lower(dsl::email).eq(email.key())).filter(dsl::email_verified_at.is_not_null());
    Ok(diesel::select(diesel::dsl::exists(accounts)).get_result(conn).await?)
}

/// Deletes the account of an address if nobody has verified it; answers its id and the version after its last.
pub async fn delete_unverified(conn: &mut Conn, email: &Email) -> Result<Vec<(UserId, i64)>, Error> {
    let unverified = dsl::users.filter(lower(dsl::email).eq(email.key())).filter(dsl::email_verified_at.is_null());
    let unverified = unverified.filter(dsl::erased_at.is_null());
    Ok(diesel::delete(unverified).returning((dsl::id, dsl::version + 1)).get_results(conn).await?)
}

/// The same of every account whose last link has been over for a week.
pub async fn delete_abandoned(conn: &mut Conn, now: Timestamp) -> Result<Vec<(UserId, i64)>, Error> {
    // Whatever orders a link writes the account, too.
    let last_link = now - KEPT_UNVERIFIED - Purpose::VerifyEmail.lifetime();
    let abandoned = dsl::users.filter(dsl::email_verified_at.is_null()).filter(dsl::erased_at.is_null());
    let abandoned = abandoned.filter(dsl::updated_at.le(last_link.to_diesel()));
    Ok(diesel::delete(abandoned).returning((dsl::id, dsl::version + 1)).get_results(conn).await?)
}

pub async fn set_platform_role(
    conn: &mut Conn,
    id: UserId,
    role: Option<PlatformRole>,
    now: Timestamp,
) -> Result<User, Error> {
    let row: UserRow = diesel::update(dsl::users.find(id))
        .set((
            dsl::platform_role.eq(role.map(PlatformRole::as_str)),
            dsl::version.eq(dsl::version + 1),
            dsl::updated_at.eq(now.to_diesel()),
        ))
        .returning(UserRow::as_returning())
        .get_result(conn)
        .await?;
    row.into_user()
}

/// `None` when the account is gone.
pub async fn set_name(conn: &mut Conn, id: UserId, name: &PersonName, now: Timestamp) -> Result<Option<User>, Error> {
    let row: Option<UserRow> = diesel::update(dsl::users.find(id).filter(dsl::erased_at.is_null()))
        .set((dsl::name.eq(name.as_str()), dsl::version.eq(dsl::version + 1), dsl::updated_at.eq(now.to_diesel())))
        .returning(UserRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    row.map(UserRow::into_user).transpose()
}

pub async fn set_role(conn: &mut Conn, id: UserId, role: UserRole, now: Timestamp) -> Result<Option<User>, Error> {
    let row: Option<UserRow> = diesel::update(dsl::users.find(id).filter(dsl::erased_at.is_null()))
        .set((dsl::role.eq(role.as_str()), dsl::version.eq(dsl::version + 1), dsl::updated_at.eq(now.to_diesel())))
        .returning(UserRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    row.map(UserRow::into_user).transpose()
}

/// Adds the companies a person works for, and their photo.
pub async fn profile_of(conn: &mut Conn, user: User) -> Result<Profile, Error> {
    let rows: Vec<(CompanyId, String, String, String)> = memberships::table
        .inner_join(companies::table)
        .filter(memberships::user_id.eq(user.id))
        .filter(companies::deleted_at.is_null())
        .order(memberships::company_id)
        .select((companies::id, companies::slug, companies::name, memberships::role))
        .load(conn)
        .await?;
    let companies = rows
        .into_iter()
        .map(|(company_id, slug, name, role)| Ok(Membership { company_id, slug, name, role: parse(&role)? }))
        .collect::<Result<_, Error>>()?;
    let photo_id = photos::store::find_current(conn, user.id).await?;
    Ok(Profile { user, companies, photo_id })
}

pub async fn find_profile(conn: &mut Conn, id: UserId) -> Result<Option<Profile>, Error> {
    match find(conn, id).await? {
        Some(user) => profile_of(conn, user).await.map(Some),
        None => Ok(None),
    }
}

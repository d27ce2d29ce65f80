//! For whoever runs the platform: accounts made without a mail, by the `roomtone` command.

use anyhow::Context as _;
use jiff::Timestamp;
use kernel::{UserId, clock::real_now};
use secrecy::{ExposeSecret, SecretString};
use store::{Conn, Db};

pub use crate::users::UserRole as Role;
pub use service_kit::identity::PlatformRole;

use crate::{
    audit::{self, AuditEvent, AuditKind},
    passwords::{NewPassword, PasswordHash, PasswordHasher},
    users::{self, Email, PersonName, store::NewAccount},
};

/// An account whose address needs no verifying.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub email: String,
    pub password: SecretString,
    pub name: String,
    pub role: Role,
    pub platform_role: Option<PlatformRole>,
}

/// Makes the account, verified. Doing it again changes nothing, except that an account which is to have a role on the
/// platform gets it. An account that was registered and never verified is taken over with this password:
/// nobody knows who chose the other one.
pub async fn create_user(db: &Db, user: NewUser) -> anyhow::Result<UserId> {
    let account = account(&user).await?;
    let now = real_now();
    let id = db.transaction(async |conn| create_in_tx(conn, &account, user.platform_role, now).await).await?;
    Ok(id)
}

/// A platform administrator.
pub async fn create_platform_admin(db: &Db, email: &str, name: &str, password: SecretString) -> anyhow::Result<UserId> {
    let (email, name) = (email.to_owned(), name.to_owned());
    let platform_role = Some(PlatformRole::Admin);
    create_user(db, NewUser { email, password, name, role: Role::Customer, platform_role }).await
}

/// The same rules as for everybody who registers.
async fn account(user: &NewUser) -> anyhow::Result<NewAccount> {
    let password = NewPassword::try_from(user.password.expose_secret().to_owned())?;
    let hasher = PasswordHasher::new(1, 1)?;
    let password_hash: PasswordHash = hasher.hash(password.into_secret()).await?;
    Ok(NewAccount {
        email: Email::try_from(user.email.clone()).with_context(|| format!("{:?}", user.email))?,
        name: PersonName::try_from(user.name.clone())?,
        role: user.role,
        password_hash,
    })
}

async fn create_in_tx(
    conn: &mut Conn,
    account: &NewAccount,
    platform_role: Option<PlatformRole>,
    now: Timestamp,
) -> Result<UserId, store::Error> {
    let inserted = users::store::insert(conn, account, now).await?;
    if let Some(user) = &inserted {
        users::events::registered(conn, user, now).await?;
    }
    let user = match inserted {
        Some(user) => user,
        None => users::store::lock_by_email(conn, &account.email).await?.ok_or(diesel::result::Error::NotFound)?,
    };
    if !user.email_verified {
        users::verify_in_tx(conn, &user, account, now).await?;
    }
    // Who has the role already is left in peace: the demo data come again with every start.
    if platform_role.is_some() && user.platform_role != platform_role {
        set_role_in_tx(conn, user.id, platform_role, now).await?;
    }
    Ok(user.id)
}

/// Gives an account a role on the platform, or takes it away with `None`. Every gateway knows within a second.
pub async fn set_platform_role(db: &Db, email: &str, role: Option<PlatformRole>) -> anyhow::Result<UserId> {
    let email = Email::try_from(email.to_owned()).with_context(|| format!("{email:?}"))?;
    let now = real_now();
    let changed = db
        .transaction(async |conn| {
            let user = users::store::lock_by_email(conn, &email).await?.filter(|user| user.email_verified);
            let Some(user) = user else { return Ok::<_, store::Error>(None) };
            set_role_in_tx(conn, user.id, role, now).await?;
            Ok(Some(user.id))
        })
        .await?;
    changed.with_context(|| format!("{email} has no verified account"))
}

async fn set_role_in_tx(
    conn: &mut Conn,
    id: UserId,
    role: Option<PlatformRole>,
    now: Timestamp,
) -> Result<(), store::Error> {
    let user = users::store::set_platform_role(conn, id, role, now).await?;
    users::events::updated(conn, &user, now).await?;
    record_role_in_tx(conn, id, role, now).await
}

/// Whoever has the command has no account: the event is nobody's.
async fn record_role_in_tx(
    conn: &mut Conn,
    id: UserId,
    role: Option<PlatformRole>,
    now: Timestamp,
) -> Result<(), store::Error> {
    let kind = if role.is_some() { AuditKind::PlatformRoleGranted } else { AuditKind::PlatformRoleRevoked };
    let mut changed = AuditEvent::new(kind, now).about(id).with("by", "operator");
    if let Some(role) = role {
        changed = changed.with("role", role.as_str());
    }
    audit::record_in_tx(conn, &changed).await
}

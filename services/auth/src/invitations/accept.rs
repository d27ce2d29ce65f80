//! Accepting an invitation, by a person with an account and by a new one.

use ::store::Conn;
use jiff::Timestamp;
use service_kit::identity::CompanyRole;

use super::{Invitation, InvitationError, store};
use crate::{
    App,
    actor::Actor,
    audit::{self, AuditKind},
    companies,
    companies::Company,
    members::{self, may_touch},
    passwords::NewPassword,
    secrets,
    sessions::{self, Authentication, Device, SignedIn},
    users::{self, PersonName, User, UserRole, store::NewAccount},
};

/// What a link leads to.
pub struct Invited {
    pub company: Company,
    pub invitation: Invitation,
}

/// What stands behind a link, for the page that asks whether to accept.
pub async fn find_by_link(app: &App, secret: &str) -> Result<Invited, InvitationError> {
    let mut conn = app.db.conn().await?;
    let invitation = store::find_by_secret(&mut conn, &secrets::hash(secret)).await?;
    let invitation = invitation.ok_or(InvitationError::UnknownLink)?;
    ensure_stands(&mut conn, &invitation, app.clock.now()).await?;
    let company =
        companies::store::find(&mut conn, invitation.company_id).await?.ok_or(InvitationError::UnknownLink)?;
    Ok(Invited { company, invitation })
}

/// The caller joins with the account they are signed in to, which is that of the invited address.
pub async fn accept_as_user(app: &App, secret: &str, actor: &Actor) -> Result<(Company, CompanyRole), InvitationError> {
    let hash = secrets::hash(secret);
    let now = app.clock.now();
    app.db.transaction(async |conn| accept_as_user_in_tx(conn, &hash, actor, now).await).await
}

async fn accept_as_user_in_tx(
    conn: &mut Conn,
    hash: &[u8],
    actor: &Actor,
    now: Timestamp,
) -> Result<(Company, CompanyRole), InvitationError> {
    let user = users::store::lock(conn, actor.user_id).await?.ok_or(InvitationError::UnknownLink)?;
    let invitation = store::find_by_secret(conn, hash).await?.ok_or(InvitationError::UnknownLink)?;
    if invitation.email.key() != user.email.key() {
        return Err(InvitationError::AnotherAddress);
    }
    join_in_tx(conn, hash, actor, now).await
}

/// What a new person tells of themselves.
pub struct NewPerson {
    pub name: PersonName,
    pub password: NewPassword,
}

/// A new person registers by the link, which proves their address, joins, and is signed in.
pub async fn accept_as_new_user(
    app: &App,
    secret: &str,
    person: NewPerson,
    device: &Device,
) -> Result<(Company, CompanyRole, SignedIn), InvitationError> {
    // Only who holds a good link makes the server hash.
    let invited = find_by_link(app, secret).await?;
    let account = NewAccount {
        email: invited.invitation.email,
        name: person.name,
        role: UserRole::StudioOwner,
        password_hash: app.passwords.hash(person.password.into_secret()).await?,
    };
    let hash = secrets::hash(secret);
    let now = app.clock.now();
    app.db
        .transaction(async |conn| {
            let user = open_account_in_tx(conn, &account, now).await?;
            let actor = Actor { user_id: user.id, device: device.clone() };
            let (company, role) = join_in_tx(conn, &hash, &actor, now).await?;
            let signed_in = sessions::open_session_in_tx(conn, user, Authentication::EmailLink, device, now).await?;
            Ok((company, role, signed_in))
        })
        .await
}

/// A verified account. One that was registered and never verified is taken over with this password: nobody knows who
/// chose the other one.
async fn open_account_in_tx(conn: &mut Conn, account: &NewAccount, now: Timestamp) -> Result<User, InvitationError> {
    let user = match users::store::insert(conn, account, now).await? {
        Some(user) => {
            users::events::registered(conn, &user, now).await?;
            user
        }
        None => {
            let known = users::store::lock_by_email(conn, &account.email).await?;
            known.filter(|user| !user.email_verified).ok_or(InvitationError::AccountExists)?
        }
    };
    Ok(users::verify_in_tx(conn, &user, account, now).await?)
}

/// An invitation ends with the power of whoever sent it last, also when they have left.
async fn ensure_stands(conn: &mut Conn, invitation: &Invitation, now: Timestamp) -> Result<(), InvitationError> {
    invitation.ensure_acceptable(now)?;
    let inviter = members::store::find_role(conn, invitation.company_id, invitation.invited_by).await?;
    let may_invite = inviter.is_some_and(|inviter| may_touch(inviter, Some(invitation.role)));
    if may_invite { Ok(()) } else { Err(InvitationError::Withdrawn) }
}

/// The account is locked; the company is locked here, and the invitation with it.
async fn join_in_tx(
    conn: &mut Conn,
    hash: &[u8],
    actor: &Actor,
    now: Timestamp,
) -> Result<(Company, CompanyRole), InvitationError> {
    let found = store::find_by_secret(conn, hash).await?.ok_or(InvitationError::UnknownLink)?;
    companies::store::lock(conn, found.company_id).await?.ok_or(InvitationError::UnknownLink)?;
    // Sent again or withdrawn while we waited for the lock: the link is no link any more.
    let invitation = store::find_by_secret(conn, hash).await?.ok_or(InvitationError::UnknownLink)?;
    ensure_stands(conn, &invitation, now).await?;
    let company = members::join_in_tx(conn, invitation.company_id, actor, invitation.role, now).await?;
    store::mark_accepted(conn, invitation.id, actor.user_id).await?;
    let told = actor.did(AuditKind::InvitationAccepted, now).about(actor.user_id).in_company(company.id);
    audit::record_in_tx(conn, &told.with("invitation_id", invitation.id.to_string())).await?;
    let role = members::store::find_role(conn, company.id, actor.user_id).await?.unwrap_or(invitation.role);
    Ok((company, role))
}

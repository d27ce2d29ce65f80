//! Inviting, sending again, withdrawing, and asking about an address.

use ::store::Conn;
use jiff::Timestamp;
use kernel::{CompanyId, InvitationId};
use secrecy::{ExposeSecret, SecretString};
use service_kit::{
    Allowed, Caller,
    identity::{CompanyRole, permissions::ManageTeam},
};

use super::{Invitation, InvitationError, InvitationState, MailLimits, events, model::LIMIT_WINDOW, store};
use crate::{
    App,
    actor::Actor,
    audit::{self, AuditKind},
    companies,
    companies::Company,
    members::{self, may_touch},
    secrets::{self, SecretKind},
    sessions::Device,
    users::Email,
};

/// Invites an address; managers invite staff, owners everybody.
pub async fn invite(
    app: &App,
    (allowed, device): (&Allowed<ManageTeam>, Device),
    (email, role): (&Email, CompanyRole),
) -> Result<Invitation, InvitationError> {
    let order = Order::new(app, allowed, device);
    app.db.transaction(async |conn| order.invite_in_tx(conn, (email, role)).await).await
}

/// Orders the mail again, with a new link and a new week.
pub async fn resend(
    app: &App,
    (caller, device): (&Caller, Device),
    id: InvitationId,
) -> Result<Invitation, InvitationError> {
    let allowed = allowed_for(app, caller, id).await?;
    let order = Order::new(app, &allowed, device);
    app.db.transaction(async |conn| order.resend_in_tx(conn, id).await).await
}

/// The link works no more.
pub async fn withdraw(app: &App, (caller, device): (&Caller, Device), id: InvitationId) -> Result<(), InvitationError> {
    let allowed = allowed_for(app, caller, id).await?;
    let order = Order::new(app, &allowed, device);
    app.db.transaction(async |conn| order.withdraw_in_tx(conn, id).await).await
}

/// Somebody who orders or withdraws mails for their company.
struct Order<'a> {
    allowed: &'a Allowed<ManageTeam>,
    actor: Actor,
    limits: MailLimits,
    now: Timestamp,
}

impl<'a> Order<'a> {
    fn new(app: &App, allowed: &'a Allowed<ManageTeam>, device: Device) -> Self {
        let actor = Actor::new(allowed.caller(), device);
        Self { allowed, actor, limits: app.settings.invitations, now: app.clock.now() }
    }

    fn company_id(&self) -> CompanyId {
        self.allowed.company_id()
    }

    async fn invite_in_tx(
        &self,
        conn: &mut Conn,
        (email, role): (&Email, CompanyRole),
    ) -> Result<Invitation, InvitationError> {
        let company = self.lock_company(conn, role).await?;
        if members::store::has_email(conn, company.id, &email.key()).await? {
            return Err(InvitationError::AlreadyMember);
        }
        if let Some(open) = store::find_open(conn, company.id, email).await? {
            if open.state_at(self.now) != InvitationState::Expired {
                return Err(InvitationError::AlreadyInvited);
            }
            store::mark_withdrawn(conn, open.id).await?;
        }
        self.ensure_below_limits(conn, email).await?;
        let invited_by = self.actor.user_id;
        let invitation = store::insert(conn, company.id, (email, role), invited_by, self.now).await?;
        self.order_mail(conn, &invitation, &company).await?;
        Ok(invitation)
    }

    async fn resend_in_tx(&self, conn: &mut Conn, id: InvitationId) -> Result<Invitation, InvitationError> {
        let (company, invitation) = self.lock_open(conn, id).await?;
        self.ensure_below_limits(conn, &invitation.email).await?;
        let invitation = store::renew(conn, invitation.id, self.actor.user_id, self.now).await?;
        self.order_mail(conn, &invitation, &company).await?;
        Ok(invitation)
    }

    async fn withdraw_in_tx(&self, conn: &mut Conn, id: InvitationId) -> Result<(), InvitationError> {
        let (_, invitation) = self.lock_open(conn, id).await?;
        store::mark_withdrawn(conn, invitation.id).await?;
        Ok(self.record(conn, AuditKind::InvitationWithdrawn, &invitation).await?)
    }

    /// The invitation that was neither accepted nor withdrawn, with its company, which is locked.
    async fn lock_open(&self, conn: &mut Conn, id: InvitationId) -> Result<(Company, Invitation), InvitationError> {
        let invitation = store::find(conn, self.company_id(), id).await?.ok_or(InvitationError::NotFound)?;
        let company = self.lock_company(conn, invitation.role).await?;
        // It may have been accepted while we waited for the lock.
        let invitation = store::find(conn, company.id, id).await?.ok_or(InvitationError::NotFound)?;
        match invitation.state {
            InvitationState::Accepted => Err(InvitationError::Accepted),
            InvitationState::Withdrawn => Err(InvitationError::Withdrawn),
            InvitationState::Open | InvitationState::Expired => Ok((company, invitation)),
        }
    }

    /// Decides by the caller's role under the lock: that in their identity may be some seconds old.
    async fn lock_company(&self, conn: &mut Conn, role: CompanyRole) -> Result<Company, InvitationError> {
        let company = companies::store::lock(conn, self.company_id()).await?.ok_or(InvitationError::NotFound)?;
        let actor = members::store::find_role(conn, company.id, self.actor.user_id).await?;
        let actor = actor.ok_or(InvitationError::NotFound)?;
        if may_touch(actor, Some(role)) { Ok(company) } else { Err(InvitationError::InsufficientRole) }
    }

    /// Companies are locked one by one, so several of them at once may go over a limit that they share by one mail each.
    async fn ensure_below_limits(&self, conn: &mut Conn, email: &Email) -> Result<(), InvitationError> {
        let of = (self.company_id(), self.actor.user_id, email);
        self.limits.admit(store::count_mails(conn, of, self.now - LIMIT_WINDOW).await?)
    }

    async fn order_mail(
        &self,
        conn: &mut Conn,
        invitation: &Invitation,
        company: &Company,
    ) -> Result<(), ::store::Error> {
        events::requested(conn, invitation, company, self.allowed.caller().name(), self.now).await?;
        self.record(conn, AuditKind::InvitationSent, invitation).await
    }

    async fn record(&self, conn: &mut Conn, kind: AuditKind, invitation: &Invitation) -> Result<(), ::store::Error> {
        let told = self.actor.did(kind, self.now).in_company(invitation.company_id);
        let told = told.with("invitation_id", invitation.id.to_string()).with("role", invitation.role.as_str());
        audit::record_in_tx(conn, &told).await
    }
}

/// 404 for an invitation of a company the caller does not work for.
async fn allowed_for(app: &App, caller: &Caller, id: InvitationId) -> Result<Allowed<ManageTeam>, InvitationError> {
    let mut conn = app.db.conn().await?;
    let company_id = store::company_of(&mut conn, id).await?.ok_or(InvitationError::NotFound)?;
    match caller.role_in(company_id) {
        None => Err(InvitationError::NotFound),
        Some(_) => caller.allowed(company_id).map_err(|_| InvitationError::InsufficientRole),
    }
}

pub async fn list(
    app: &App,
    allowed: &Allowed<ManageTeam>,
    page: (Option<InvitationId>, i64),
) -> Result<Vec<Invitation>, InvitationError> {
    let mut conn = app.db.conn().await?;
    Ok(store::list(&mut conn, allowed.company_id(), page).await?)
}

/// What a company knows of an address by itself: whether it is a member's, and whether it is invited. Whether it has an
/// account is not looked up.
pub struct AddressStanding {
    pub member: bool,
    pub invited: bool,
}

pub async fn check_email(
    app: &App,
    allowed: &Allowed<ManageTeam>,
    email: &Email,
) -> Result<AddressStanding, InvitationError> {
    let mut conn = app.db.conn().await?;
    let member = members::store::has_email(&mut conn, allowed.company_id(), &email.key()).await?;
    let open = store::find_open(&mut conn, allowed.company_id(), email).await?;
    let now = app.clock.now();
    Ok(AddressStanding { member, invited: open.is_some_and(|open| open.state_at(now) == InvitationState::Open) })
}

/// A fresh secret for the mail that is being sent; the link of the mail before works no more.
pub async fn mint(app: &App, id: InvitationId) -> Result<SecretString, InvitationError> {
    let secret = SecretKind::OneTimeToken.generate();
    let mut conn = app.db.conn().await?;
    let hash = secrets::hash(secret.expose_secret());
    if store::set_secret(&mut conn, id, &hash, app.clock.now()).await? {
        Ok(secret)
    } else {
        Err(InvitationError::NotFound)
    }
}

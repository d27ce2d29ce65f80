//! Joining, changing roles, leaving, and handing a company over.

use ::store::Conn;
use jiff::Timestamp;
use kernel::{CompanyId, UserId};
use service_kit::{
    Allowed,
    identity::{
        CompanyPermission, CompanyRole,
        permissions::{TransferCompany, ViewTeam},
        tables::role_has,
    },
};

use super::{
    Member, MemberError,
    model::{MAX_MEMBERS, RoleChange},
    store,
};
use crate::{
    App,
    actor::Actor,
    audit::{self, AuditKind},
    companies::{self, Company, MAX_MEMBERSHIPS},
    sessions::Device,
    users,
};

pub async fn list_members(
    app: &App,
    allowed: &Allowed<ViewTeam>,
    page: (Option<UserId>, i64),
) -> Result<Vec<Member>, MemberError> {
    let mut conn = app.db.conn().await?;
    Ok(store::list(&mut conn, allowed.company_id(), page).await?)
}

/// Gives a member another role.
pub async fn change_role(
    app: &App,
    company_id: CompanyId,
    actor: &Actor,
    (user_id, role): (UserId, CompanyRole),
) -> Result<Member, MemberError> {
    let now = app.clock.now();
    app.db
        .transaction(async |conn| {
            let before = lock_and_find(conn, company_id, user_id).await?.ok_or(MemberError::NotFound)?;
            change_in_tx(conn, company_id, actor, (user_id, Some(before), Some(role)), now).await?;
            store::find(conn, company_id, user_id).await?.ok_or(MemberError::NotFound)
        })
        .await
}

/// What became of a person who was to be a member in some role.
pub enum Added {
    Joined(Member),
    Changed(Member),
}

/// Makes somebody a member who works with the caller already, in another company that the caller runs; whoever does not
/// has to be invited and agree. A member gets the role.
pub async fn add_member(
    app: &App,
    (company_id, actor): (CompanyId, &Actor),
    run_by_actor: &[CompanyId],
    (user_id, role): (UserId, CompanyRole),
) -> Result<Added, MemberError> {
    let now = app.clock.now();
    app.db
        .transaction(async |conn| {
            users::store::lock(conn, user_id).await?.ok_or(MemberError::NotFound)?;
            let before = lock_and_find(conn, company_id, user_id).await?;
            if before.is_none() && !store::works_for_any(conn, user_id, run_by_actor).await? {
                return Err(MemberError::NotFound);
            }
            change_in_tx(conn, company_id, actor, (user_id, before, Some(role)), now).await?;
            let member = store::find(conn, company_id, user_id).await?.ok_or(MemberError::NotFound)?;
            Ok(if before.is_some() { Added::Changed(member) } else { Added::Joined(member) })
        })
        .await
}

/// Ends a membership: one's own, or that of somebody one looks after.
pub async fn remove_member(
    app: &App,
    company_id: CompanyId,
    actor: &Actor,
    user_id: UserId,
) -> Result<(), MemberError> {
    let now = app.clock.now();
    app.db
        .transaction(async |conn| {
            let before = lock_and_find(conn, company_id, user_id).await?.ok_or(MemberError::NotFound)?;
            change_in_tx(conn, company_id, actor, (user_id, Some(before), None), now).await
        })
        .await
}

/// Makes another member the owner in the caller's place, who stays as a manager.
pub async fn transfer_ownership(
    app: &App,
    allowed: &Allowed<TransferCompany>,
    (device, to): (Device, UserId),
) -> Result<Member, MemberError> {
    let (company_id, from, now) = (allowed.company_id(), Actor::new(allowed.caller(), device), app.clock.now());
    app.db.transaction(async |conn| transfer_in_tx(conn, company_id, (&from, to), now).await).await
}

async fn transfer_in_tx(
    conn: &mut Conn,
    company_id: CompanyId,
    (owner, to): (&Actor, UserId),
    now: Timestamp,
) -> Result<Member, MemberError> {
    let from = owner.user_id;
    lock_and_find(conn, company_id, to).await?.ok_or(MemberError::NotFound)?;
    if store::find_role(conn, company_id, from).await? != Some(CompanyRole::Owner) {
        return Err(MemberError::InsufficientRole);
    }
    if from != to {
        let company = companies::store::advance(conn, company_id, now).await?;
        for (ordinal, (user_id, role)) in (0..).zip([(to, CompanyRole::Owner), (from, CompanyRole::Manager)]) {
            store::update_role(conn, company_id, user_id, role).await?;
            companies::events::membership_changed(conn, &company, (user_id, Some(role)), ordinal, now).await?;
        }
        let told = owner.did(AuditKind::OwnershipTransferred, now).about(to).in_company(company_id);
        audit::record_in_tx(conn, &told).await?;
    }
    store::find(conn, company_id, to).await?.ok_or(MemberError::NotFound)
}

/// Makes a person who has agreed a member, or gives a member the role if it is a greater one. The person's account is
/// locked; the company is locked here.
pub async fn join_in_tx(
    conn: &mut Conn,
    company_id: CompanyId,
    actor: &Actor,
    role: CompanyRole,
    now: Timestamp,
) -> Result<Company, MemberError> {
    let user_id = actor.user_id;
    let company = companies::store::lock(conn, company_id).await?.ok_or(MemberError::NotFound)?;
    match store::find_role(conn, company_id, user_id).await? {
        Some(before) if before >= role => Ok(company),
        before => save_in_tx(conn, company_id, actor, (user_id, before, Some(role)), now).await,
    }
}

/// Ends every membership of a person who goes; refused while they are the last owner of a company.
pub async fn leave_all_in_tx(conn: &mut Conn, actor: &Actor, now: Timestamp) -> Result<(), MemberError> {
    let user_id = actor.user_id;
    for company_id in store::list_companies_of(conn, user_id).await? {
        // One that was closed, or left, in the meantime needs nothing.
        if companies::store::lock(conn, company_id).await?.is_none() {
            continue;
        }
        if let Some(role) = store::find_role(conn, company_id, user_id).await? {
            change_in_tx(conn, company_id, actor, (user_id, Some(role), None), now).await?;
        }
    }
    Ok(())
}

/// Whether somebody's present role allows something; that in their identity may be some seconds old. Lock the company
/// first.
pub async fn ensure_allowed_in_tx<P: CompanyPermission>(
    conn: &mut Conn,
    company_id: CompanyId,
    user_id: UserId,
) -> Result<(), MemberError> {
    let role = store::find_role(conn, company_id, user_id).await?.ok_or(MemberError::NotFound)?;
    if role_has(role, P::NAME) { Ok(()) } else { Err(MemberError::InsufficientRole) }
}

async fn lock_and_find(
    conn: &mut Conn,
    company_id: CompanyId,
    user_id: UserId,
) -> Result<Option<CompanyRole>, MemberError> {
    companies::store::lock(conn, company_id).await?.ok_or(MemberError::NotFound)?;
    Ok(store::find_role(conn, company_id, user_id).await?)
}

type Step = (UserId, Option<CompanyRole>, Option<CompanyRole>);

/// Decides by what is true under the company's lock: the role in the caller's identity may be some seconds old.
async fn change_in_tx(
    conn: &mut Conn,
    company_id: CompanyId,
    actor: &Actor,
    (user_id, before, after): Step,
    now: Timestamp,
) -> Result<(), MemberError> {
    let actors_role = store::find_role(conn, company_id, actor.user_id).await?.ok_or(MemberError::NotFound)?;
    let owners = store::count_owners(conn, company_id).await?;
    let on_self = actor.user_id == user_id;
    RoleChange { actor: actors_role, on_self, before, after, owners }.decide()?;
    if before != after {
        save_in_tx(conn, company_id, actor, (user_id, before, after), now).await?;
    }
    Ok(())
}

async fn save_in_tx(
    conn: &mut Conn,
    company_id: CompanyId,
    actor: &Actor,
    (user_id, before, after): Step,
    now: Timestamp,
) -> Result<Company, MemberError> {
    let kind = match (before, after) {
        (None, Some(role)) => {
            ensure_room(conn, company_id, user_id).await?;
            store::insert(conn, company_id, (user_id, role), now).await?;
            AuditKind::MemberAdded
        }
        (_, Some(role)) => {
            store::update_role(conn, company_id, user_id, role).await?;
            AuditKind::MemberRoleChanged
        }
        (_, None) => {
            store::delete(conn, company_id, user_id).await?;
            AuditKind::MemberRemoved
        }
    };
    let company = companies::store::advance(conn, company_id, now).await?;
    companies::events::membership_changed(conn, &company, (user_id, after), 0, now).await?;
    let told = actor.did(kind, now).about(user_id).in_company(company_id);
    audit::record_in_tx(conn, &told.with("role", after.map(CompanyRole::as_str))).await?;
    Ok(company)
}

async fn ensure_room(conn: &mut Conn, company_id: CompanyId, user_id: UserId) -> Result<(), MemberError> {
    if store::count_of_company(conn, company_id).await? >= MAX_MEMBERS {
        return Err(MemberError::TeamFull);
    }
    if store::count_of_user(conn, user_id).await? >= MAX_MEMBERSHIPS {
        return Err(MemberError::TooManyCompanies);
    }
    Ok(())
}

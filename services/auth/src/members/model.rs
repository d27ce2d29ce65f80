//! Who may give which role to whom.

use jiff::Timestamp;
use kernel::{PhotoId, UserId};
use service_kit::identity::{
    CompanyPermission, CompanyRole,
    permissions::{ManageAdmins, ManageTeam},
    tables::role_has,
};

use super::MemberError;

/// So many people work for one company at most.
pub const MAX_MEMBERS: i64 = 200;

/// Somebody who works for a company, as their colleagues see them.
#[derive(Debug, Clone)]
pub struct Member {
    pub user_id: UserId,
    pub name: String,
    pub email: String,
    pub role: CompanyRole,
    pub photo_id: Option<PhotoId>,
    pub joined_at: Timestamp,
}

/// A change of somebody's role, with everything that decides about it, read under the company's lock.
#[derive(Debug, Clone, Copy)]
pub struct RoleChange {
    /// The role of whoever makes the change.
    pub actor: CompanyRole,
    /// Whether they change their own.
    pub on_self: bool,
    pub before: Option<CompanyRole>,
    /// `None` for somebody who is to leave.
    pub after: Option<CompanyRole>,
    pub owners: i64,
}

impl RoleChange {
    /// Everybody may make less of themselves; for the rest the table of roles decides. Nobody may be the last owner who
    /// goes.
    pub fn decide(self) -> Result<(), MemberError> {
        let steps_down = self.on_self && self.after < self.before;
        if !steps_down && !may_touch(self.actor, self.before.max(self.after)) {
            return Err(MemberError::InsufficientRole);
        }
        let an_owner_goes = self.before == Some(CompanyRole::Owner) && self.after != Some(CompanyRole::Owner);
        if an_owner_goes && self.owners <= 1 { Err(MemberError::LastOwner) } else { Ok(()) }
    }
}

/// Whether somebody in the role `actor` may give or take the role `touched`.
pub fn may_touch(actor: CompanyRole, touched: Option<CompanyRole>) -> bool {
    let permission = match touched {
        Some(CompanyRole::Manager | CompanyRole::Owner) => ManageAdmins::NAME,
        Some(CompanyRole::Staff) | None => ManageTeam::NAME,
    };
    role_has(actor, permission)
}

#[cfg(test)]
mod tests {
    use CompanyRole::{Manager, Owner, Staff};

    use super::*;

    fn outcome(
        actor: CompanyRole,
        on_self: bool,
        before: Option<CompanyRole>,
        after: Option<CompanyRole>,
        owners: i64,
    ) -> &'static str {
        match (RoleChange { actor, on_self, before, after, owners }).decide() {
            Ok(()) => "ok",
            Err(MemberError::InsufficientRole) => "role",
            Err(MemberError::LastOwner) => "last",
            Err(_) => "other",
        }
    }

    #[test]
    fn managers_look_after_staff_and_owners_after_everybody() {
        for (actor, before, after, expected) in [
            (Manager, None, Some(Staff), "ok"),
            (Manager, Some(Staff), None, "ok"),
            (Manager, Some(Staff), Some(Manager), "role"),
            (Manager, None, Some(Owner), "role"),
            (Manager, Some(Manager), None, "role"),
            (Manager, Some(Owner), Some(Staff), "role"),
            (Staff, None, Some(Staff), "role"),
            (Staff, Some(Staff), None, "role"),
            (Owner, Some(Staff), Some(Owner), "ok"),
            (Owner, Some(Manager), None, "ok"),
            (Owner, Some(Owner), Some(Staff), "ok"),
        ] {
            assert_eq!(outcome(actor, false, before, after, 2), expected, "{actor:?} {before:?} {after:?}");
        }
    }

    #[test]
    fn everybody_may_step_down_and_nobody_up() {
        for (role, after, expected) in [
            (Staff, None, "ok"),
            (Manager, Some(Staff), "ok"),
            (Owner, None, "ok"),
            (Staff, Some(Manager), "role"),
            (Manager, Some(Owner), "role"),
        ] {
            assert_eq!(outcome(role, true, Some(role), after, 2), expected, "{role:?} {after:?}");
        }
    }

    #[test]
    fn the_last_owner_stays() {
        for (on_self, after) in [(true, None), (true, Some(Manager)), (false, Some(Staff)), (false, None)] {
            assert_eq!(outcome(Owner, on_self, Some(Owner), after, 1), "last");
        }
        assert_eq!(outcome(Owner, true, Some(Owner), Some(Owner), 1), "ok");
    }
}

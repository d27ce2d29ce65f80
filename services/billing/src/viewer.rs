//! Whose rows a caller may see: their own, and those of the companies they work for.

use kernel::{CompanyId, UserId};
use problem::Problem;
use service_kit::Caller;

/// A caller as finders take them. Somebody else's row is not found.
#[derive(Debug, Clone)]
pub struct Viewer {
    pub user_id: UserId,
    pub companies: Vec<CompanyId>,
    pub sees_all: bool,
}

impl From<&Caller> for Viewer {
    fn from(caller: &Caller) -> Self {
        Self {
            user_id: caller.user_id(),
            companies: caller.claims().companies.iter().map(|membership| membership.id).collect(),
            sees_all: caller.is_platform_admin(),
        }
    }
}

/// Whose list is asked for.
#[derive(Debug, Clone, Copy)]
pub enum Owner {
    Customer(UserId),
    /// Proved by [`Caller::staff_of`] where the list is asked for.
    Company(CompanyId),
}

/// The company whose list is asked for, by somebody who works there; `None` is every company, for the platform's
/// administrators. `what` is listed.
pub fn company_or_all(
    caller: &Caller,
    company_id: Option<CompanyId>,
    what: &str,
) -> Result<Option<CompanyId>, Problem> {
    match company_id {
        Some(company_id) if caller.is_platform_admin() => Ok(Some(company_id)),
        Some(company_id) => Ok(Some(caller.staff_of(company_id)?.company_id())),
        None if caller.is_platform_admin() => Ok(None),
        None => {
            let detail = format!("Only platform administrators see all {what}.");
            Err(Problem::forbidden("admin_required", detail))
        }
    }
}

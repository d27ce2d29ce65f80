//! Whose rows a caller may see: their own, and those of the companies they work for; and from where on.

use jiff::Timestamp;
use kernel::{CompanyId, UserId};
use problem::Problem;
use serde::de::DeserializeOwned;
use service_kit::{Caller, PageQuery};

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

/// The instant and id after which a page starts. A cursor is ours or it is invented: an instant before 1970 cannot be
/// one of ours, and the database may not even have it.
pub fn page_after<Id: DeserializeOwned>(page: &PageQuery) -> Result<Option<(Timestamp, Id)>, Problem> {
    let after: Option<(Timestamp, Id)> = page.after()?;
    if after.as_ref().is_some_and(|(instant, _)| *instant < Timestamp::UNIX_EPOCH) {
        let detail = "not a cursor";
        return Err(Problem::invalid("invalid_cursor", "The cursor is not one of this list.").at("/cursor", detail));
    }
    Ok(after)
}

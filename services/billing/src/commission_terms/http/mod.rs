//! The commission over HTTP: for the platform's administrators, and for booking.

mod company;
mod internal;
mod plan;

pub use company::*;
pub use internal::*;
pub use plan::*;

use commission::{InForce, Rate};
use jiff::Timestamp;
use kernel::{CommissionTermId, CompanyId, Percent, UserId};
use problem::Problem;
use serde::Serialize;

use super::{
    error::invalid,
    model::{CommissionTerm, PlanName},
};

const LONGEST_REASON: usize = 500;

/// The rate that counts now, and why.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CommissionResponse {
    /// Of the net price.
    pub rate: Percent,
    /// `promotion`, `company` (a rate of its own), `plan`, or `default`: the platform's. What stands first here overrules the others.
    #[schema(value_type = String, example = "company")]
    pub because: &'static str,
    /// When it ends, of a promotion.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
}

impl From<InForce> for CommissionResponse {
    fn from(in_force: InForce) -> Self {
        let InForce { rate, ground, until } = in_force;
        Self { rate: rate.percent(), because: ground.as_str(), until }
    }
}

/// Something that was set.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CommissionTermResponse {
    pub id: CommissionTermId,
    /// `company`, `promotion`, `membership` (the plan that the company is on), or `plan`.
    #[schema(value_type = String, example = "company")]
    pub kind: &'static str,
    /// Null of a plan's rate.
    #[schema(required)]
    pub company_id: Option<CompanyId>,
    #[schema(required, value_type = Option<String>)]
    pub plan: Option<PlanName>,
    /// Null where it took the one before back, and of a membership.
    #[schema(required)]
    pub rate: Option<Percent>,
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Timestamp>,
    pub reason: String,
    pub set_by: UserId,
    #[schema(value_type = String, format = DateTime)]
    pub set_at: Timestamp,
}

impl From<CommissionTerm> for CommissionTermResponse {
    fn from(term: CommissionTerm) -> Self {
        let content = term.content;
        Self {
            id: term.id,
            kind: content.kind.as_str(),
            company_id: content.company_id,
            plan: content.plan,
            rate: content.rate.map(Rate::percent),
            starts_at: term.starts_at,
            ends_at: content.ends_at,
            reason: content.reason,
            set_by: term.set_by,
            set_at: term.set_at,
        }
    }
}

fn checked_rate(percent: Option<Percent>) -> Result<Option<Rate>, Problem> {
    percent.map(Rate::new).transpose().map_err(|_| invalid("/rate", "expected 0 to 50 percent"))
}

fn checked_reason(reason: &str) -> Result<String, Problem> {
    let reason = reason.trim();
    if !(1..=LONGEST_REASON).contains(&reason.chars().count()) {
        return Err(invalid("/reason", "1 to 500 characters"));
    }
    if reason.chars().any(char::is_control) {
        return Err(invalid("/reason", "control characters are not allowed"));
    }
    Ok(reason.to_owned())
}

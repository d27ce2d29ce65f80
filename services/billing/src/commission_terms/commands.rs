//! Setting terms, and finding the one that counts.

use ::store::{Conn, Error};
use commission::{InForce, in_force};
use jiff::Timestamp;
use kernel::{CommissionTermId, CompanyId};
use serde::de::IgnoredAny;

use super::{
    TermError,
    model::{Content, PlanName, TermKind, Wish},
    store::{self, NewTerm},
};
use crate::{
    App,
    actions::{self, Doer},
};

/// Where a company stands.
#[derive(Debug, Clone)]
pub struct Standing {
    pub in_force: InForce,
    /// The plan that it is on, whether or not that decides.
    pub plan: Option<PlanName>,
}

/// The commission on a company's payments at an instant, and why.
pub async fn standing_in_tx(
    conn: &mut Conn,
    app: &App,
    company_id: CompanyId,
    now: Timestamp,
) -> Result<Standing, Error> {
    let begun = store::find_begun(conn, company_id, now).await?;
    let membership = begun.iter().find(|term| term.content.kind == TermKind::Membership);
    let plan = membership.and_then(|term| term.content.plan.clone());
    let of_plan = match &plan {
        Some(plan) => store::find_begun_of_plan(conn, plan, now).await?,
        None => None,
    };
    let terms: Vec<_> = begun.iter().chain(&of_plan).filter_map(|term| term.for_rule()).collect();
    Ok(Standing { in_force: in_force(&terms, app.config.commission, now), plan })
}

/// Sets a term, unless the newest one of its kind says the same.
pub async fn set_term(app: &App, doer: &Doer, wish: &Wish, now: Timestamp) -> Result<(), TermError> {
    if let Some(company_id) = wish.content.company_id {
        require_company(app, company_id).await?;
    }
    // What is read back must be what was meant: the database keeps no more than microseconds.
    let (now, wish) = (to_micros(now), in_micros(wish));
    app.db.transaction(async |conn| set_term_in_tx(conn, doer, &wish, now).await).await
}

async fn set_term_in_tx(conn: &mut Conn, doer: &Doer, wish: &Wish, now: Timestamp) -> Result<(), TermError> {
    let content = &wish.content;
    store::lock_subject(conn, content).await?;
    if let (TermKind::Membership, Some(plan)) = (content.kind, &content.plan)
        && !store::plan_is_known(conn, plan).await?
    {
        return Err(TermError::UnknownPlan);
    }
    let newest = store::find_newest(conn, content).await?;
    // Whoever came first may have looked at the clock later.
    let now = newest.as_ref().map_or(now, |newest| now.max(newest.set_at));
    let Some(starts_at) = wish.begins(newest.as_ref(), now)? else { return Ok(()) };
    let new = NewTerm { id: CommissionTermId::new(), content, starts_at, set_by: doer.person, set_at: now };
    store::insert_term(conn, new).await?;
    Ok(actions::enqueue_commission_set(conn, doer, told(content, starts_at), now).await?)
}

fn told(content: &Content, starts_at: Timestamp) -> actions::CommissionSet {
    let what = match content.kind {
        TermKind::Plan => "plan_commission_set",
        TermKind::Membership => "company_plan_set",
        TermKind::Company => "company_commission_set",
        TermKind::Promotion => "commission_promotion_set",
    };
    actions::CommissionSet {
        what,
        company_id: content.company_id,
        plan: content.plan.as_ref().map(|plan| plan.as_str().to_owned()),
        rate: content.rate,
        starts_at,
        ends_at: content.ends_at,
        reason: content.reason.clone(),
    }
}

/// A company that auth does not know has no commission: somebody has mistaken its id.
pub async fn require_company(app: &App, company_id: CompanyId) -> Result<(), TermError> {
    let known: Option<IgnoredAny> = app.peers.get("auth", &format!("/internal/companies/{company_id}")).await?;
    known.map(|_| ()).ok_or(TermError::UnknownCompany)
}

fn in_micros(wish: &Wish) -> Wish {
    let content = Content { ends_at: wish.content.ends_at.map(to_micros), ..wish.content.clone() };
    Wish { content, starts_at: wish.starts_at.map(to_micros) }
}

fn to_micros(at: Timestamp) -> Timestamp {
    // No timestamp has microseconds out of range.
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

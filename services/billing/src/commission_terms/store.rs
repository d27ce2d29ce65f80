//! The table `commission_terms`: inserted into, and read.

use commission::Rate;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper, pg::Pg, sql_types};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{CommissionTermId, CompanyId, UserId};
use store::{Conn, Error};

use super::model::{CommissionTerm, Content, PlanName, TermKind};
use crate::{schema::commission_terms as terms, stored};

#[derive(diesel::Queryable, diesel::Selectable)]
#[diesel(table_name = terms, check_for_backend(Pg))]
struct TermRow {
    number: i64,
    id: CommissionTermId,
    kind: String,
    company_id: Option<CompanyId>,
    plan: Option<String>,
    ppm: Option<i32>,
    starts_at: jiff_diesel::Timestamp,
    ends_at: NullableTimestamp,
    reason: String,
    set_by: UserId,
    set_at: jiff_diesel::Timestamp,
}

impl TryFrom<TermRow> for CommissionTerm {
    type Error = Error;

    fn try_from(row: TermRow) -> Result<Self, Error> {
        let rate = row.ppm.map(|ppm| Rate::from_ppm(ppm.into())).transpose();
        let content = Content {
            kind: stored::parse("commission_terms.kind", &row.kind)?,
            company_id: row.company_id,
            plan: row.plan.map(|plan| stored::parse("commission_terms.plan", &plan)).transpose()?,
            rate: rate.map_err(|error| stored::unreadable("commission_terms.ppm", &error))?,
            ends_at: row.ends_at.to_jiff(),
            reason: row.reason,
        };
        let (starts_at, set_at) = (row.starts_at.to_jiff(), row.set_at.to_jiff());
        Ok(Self { number: row.number, id: row.id, content, starts_at, set_by: row.set_by, set_at })
    }
}

fn typed(rows: Vec<TermRow>) -> Result<Vec<CommissionTerm>, Error> {
    rows.into_iter().map(CommissionTerm::try_from).collect()
}

/// Nobody else sets anything for the company or the plan until the transaction ends: so the order of the numbers is that of the
/// transactions, and who says the same again sees what was said.
pub async fn lock_subject(conn: &mut Conn, content: &Content) -> Result<(), Error> {
    let plan = content.plan.as_ref().map_or("", PlanName::as_str);
    let subject = content.company_id.map_or_else(|| format!("plan {plan}"), |id| id.to_string());
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended('commission ' || $1, 0))")
        .bind::<sql_types::Text, _>(subject)
        .execute(conn)
        .await?;
    Ok(())
}

/// A term before it has its number.
#[derive(Debug, Clone, Copy)]
pub struct NewTerm<'a> {
    pub id: CommissionTermId,
    pub content: &'a Content,
    pub starts_at: Timestamp,
    pub set_by: UserId,
    pub set_at: Timestamp,
}

/// The caller has locked whom it is for.
pub async fn insert_term(conn: &mut Conn, new: NewTerm<'_>) -> Result<(), Error> {
    let content = new.content;
    diesel::insert_into(terms::table)
        .values((
            terms::id.eq(new.id),
            terms::kind.eq(content.kind.as_str()),
            terms::company_id.eq(content.company_id),
            terms::plan.eq(content.plan.as_ref().map(PlanName::as_str)),
            terms::ppm.eq(content.rate.map(Rate::ppm)),
            terms::starts_at.eq(new.starts_at.to_diesel()),
            terms::ends_at.eq(content.ends_at.to_diesel()),
            terms::reason.eq(&content.reason),
            terms::set_by.eq(new.set_by),
            terms::set_at.eq(new.set_at.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// What was last set of the kind, for the company or the plan that is meant, whether or not it has begun.
pub async fn find_newest(conn: &mut Conn, meant: &Content) -> Result<Option<CommissionTerm>, Error> {
    let mut query = terms::table
        .filter(terms::kind.eq(meant.kind.as_str()))
        .order(terms::number.desc())
        .select(TermRow::as_select())
        .into_boxed();
    query = match meant.company_id {
        Some(company_id) => query.filter(terms::company_id.eq(company_id)),
        None => query.filter(terms::plan.eq(meant.plan.as_ref().map(PlanName::as_str))),
    };
    let row: Option<TermRow> = query.first(conn).await.optional()?;
    row.map(CommissionTerm::try_from).transpose()
}

/// Of each kind of a company's terms the newest that has begun.
pub async fn find_begun(conn: &mut Conn, company_id: CompanyId, now: Timestamp) -> Result<Vec<CommissionTerm>, Error> {
    let rows: Vec<TermRow> = terms::table
        .filter(terms::company_id.eq(company_id))
        .filter(terms::starts_at.le(now.to_diesel()))
        .distinct_on(terms::kind)
        .order((terms::kind, terms::number.desc()))
        .select(TermRow::as_select())
        .load(conn)
        .await?;
    typed(rows)
}

/// The newest rate of a plan that has begun.
pub async fn find_begun_of_plan(
    conn: &mut Conn,
    plan: &PlanName,
    now: Timestamp,
) -> Result<Option<CommissionTerm>, Error> {
    let row: Option<TermRow> = terms::table
        .filter(terms::kind.eq(TermKind::Plan.as_str()))
        .filter(terms::plan.eq(plan.as_str()))
        .filter(terms::starts_at.le(now.to_diesel()))
        .order(terms::number.desc())
        .select(TermRow::as_select())
        .first(conn)
        .await
        .optional()?;
    row.map(CommissionTerm::try_from).transpose()
}

/// True once a rate was set for a plan, whatever has become of it.
pub async fn plan_is_known(conn: &mut Conn, plan: &PlanName) -> Result<bool, Error> {
    let set = terms::table.filter(terms::kind.eq(TermKind::Plan.as_str())).filter(terms::plan.eq(plan.as_str()));
    Ok(diesel::select(diesel::dsl::exists(set)).get_result(conn).await?)
}

/// All that was set for a company, newest first, below the given number.
pub async fn list_of_company(
    conn: &mut Conn,
    company_id: CompanyId,
    below: Option<i64>,
    limit: i64,
) -> Result<Vec<CommissionTerm>, Error> {
    let rows: Vec<TermRow> = terms::table
        .filter(terms::company_id.eq(company_id))
        .filter(terms::number.lt(below.unwrap_or(i64::MAX)))
        .order(terms::number.desc())
        .limit(limit)
        .select(TermRow::as_select())
        .load(conn)
        .await?;
    typed(rows)
}

/// The rates of a plan, newest first, below the given number.
pub async fn list_of_plan(
    conn: &mut Conn,
    plan: &PlanName,
    below: Option<i64>,
    limit: i64,
) -> Result<Vec<CommissionTerm>, Error> {
    let rows: Vec<TermRow> = terms::table
        .filter(terms::kind.eq(TermKind::Plan.as_str()))
        .filter(terms::plan.eq(plan.as_str()))
        .filter(terms::number.lt(below.unwrap_or(i64::MAX)))
        .order(terms::number.desc())
        .limit(limit)
        .select(TermRow::as_select())
        .load(conn)
        .await?;
    typed(rows)
}

//! The table `disputes`.

use diesel::{BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{CompanyId, Currency, DisputeId, Money, PaymentId};
use store::{Conn, Error};

use super::model::Dispute;
use crate::{schema::disputes, stored, viewer::Viewer};

#[derive(diesel::Queryable, diesel::Selectable, diesel::Insertable, diesel::AsChangeset)]
#[diesel(table_name = disputes, treat_none_as_null = true)]
struct DisputeRow {
    id: DisputeId,
    version: i64,
    payment_id: PaymentId,
    company_id: CompanyId,
    provider: String,
    provider_dispute_id: String,
    status: String,
    currency: Currency,
    amount: i64,
    fee: Option<i64>,
    reason: String,
    evidence_due_at: NullableTimestamp,
    told_at: jiff_diesel::Timestamp,
    opened_at: jiff_diesel::Timestamp,
    closed_at: NullableTimestamp,
}

impl From<&Dispute> for DisputeRow {
    fn from(dispute: &Dispute) -> Self {
        Self {
            id: dispute.id,
            version: dispute.version,
            payment_id: dispute.payment_id,
            company_id: dispute.company_id,
            provider: dispute.provider.as_str().to_owned(),
            provider_dispute_id: dispute.provider_dispute_id.clone(),
            status: dispute.status.as_str().to_owned(),
            currency: dispute.amount.currency,
            amount: dispute.amount.amount,
            // Fees are in the currency of the payment, or not ours to add.
            fee: dispute.fee.filter(|fee| fee.currency == dispute.amount.currency).map(|fee| fee.amount),
            reason: dispute.reason.clone(),
            evidence_due_at: dispute.evidence_due_at.to_diesel(),
            told_at: dispute.told_at.to_diesel(),
            opened_at: dispute.opened_at.to_diesel(),
            closed_at: dispute.closed_at.to_diesel(),
        }
    }
}

impl TryFrom<DisputeRow> for Dispute {
    type Error = Error;

    fn try_from(row: DisputeRow) -> Result<Self, Error> {
        Ok(Self {
            id: row.id,
            version: row.version,
            payment_id: row.payment_id,
            company_id: row.company_id,
            provider: stored::parse("disputes.provider", &row.provider)?,
            provider_dispute_id: row.provider_dispute_id,
            status: stored::parse("disputes.status", &row.status)?,
            amount: Money::new(row.amount, row.currency),
            fee: row.fee.map(|fee| Money::new(fee, row.currency)),
            reason: row.reason,
            evidence_due_at: row.evidence_due_at.to_jiff(),
            told_at: row.told_at.to_jiff(),
            opened_at: row.opened_at.to_jiff(),
            closed_at: row.closed_at.to_jiff(),
        })
    }
}

/// The dispute that a provider knows by its own id. The caller has locked the payment.
pub async fn find_by_provider_dispute(conn: &mut Conn, provider: &str, id: &str) -> Result<Option<Dispute>, Error> {
    let row = disputes::table
        .filter(disputes::provider.eq(provider))
        .filter(disputes::provider_dispute_id.eq(id))
        .select(DisputeRow::as_select())
        .first(conn)
        .await
        .optional()?;
    row.map(Dispute::try_from).transpose()
}

pub async fn insert_dispute(conn: &mut Conn, dispute: &Dispute) -> Result<(), Error> {
    diesel::insert_into(disputes::table).values(DisputeRow::from(dispute)).execute(conn).await?;
    Ok(())
}

pub async fn update_dispute(conn: &mut Conn, dispute: &Dispute) -> Result<(), Error> {
    let changed = diesel::update(disputes::table.find(dispute.id)).set(DisputeRow::from(dispute)).execute(conn).await?;
    stored::exactly_one(changed)
}

/// A dispute about money of the viewer's companies; of every company for the platform's administrators. Customers see
/// theirs at their bank.
pub async fn find_visible_dispute(conn: &mut Conn, viewer: &Viewer, id: DisputeId) -> Result<Option<Dispute>, Error> {
    let mut query = disputes::table.find(id).select(DisputeRow::as_select()).into_boxed();
    if !viewer.sees_all {
        query = query.filter(disputes::company_id.eq_any(&viewer.companies));
    }
    query.first(conn).await.optional()?.map(Dispute::try_from).transpose()
}

/// Those about a payment, newest first.
pub async fn list_of_payment(conn: &mut Conn, payment_id: PaymentId, limit: i64) -> Result<Vec<Dispute>, Error> {
    let query = disputes::table.filter(disputes::payment_id.eq(payment_id)).select(DisputeRow::as_select());
    let rows: Vec<DisputeRow> =
        query.order((disputes::opened_at.desc(), disputes::id.desc())).limit(limit).load(conn).await?;
    rows.into_iter().map(Dispute::try_from).collect()
}

/// Newest first, of one company or of all, after the given key.
pub async fn list_disputes(
    conn: &mut Conn,
    company_id: Option<CompanyId>,
    after: Option<(Timestamp, DisputeId)>,
    limit: i64,
) -> Result<Vec<Dispute>, Error> {
    let mut query = disputes::table
        .select(DisputeRow::as_select())
        .order((disputes::opened_at.desc(), disputes::id.desc()))
        .limit(limit)
        .into_boxed();
    if let Some(company_id) = company_id {
        query = query.filter(disputes::company_id.eq(company_id));
    }
    if let Some((opened_at, id)) = after {
        let opened_at = opened_at.to_diesel();
        let same_instant = disputes::opened_at.eq(opened_at).and(disputes::id.lt(id));
        query = query.filter(disputes::opened_at.lt(opened_at).or(same_instant));
    }
    let rows: Vec<DisputeRow> = query.load(conn).await?;
    rows.into_iter().map(Dispute::try_from).collect()
}

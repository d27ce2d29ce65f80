//! The table `payouts`.

use diesel::{BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{CompanyId, Currency, Money, PayoutId, UserId};
use providers::Failure;
use store::{Conn, Error};

use super::model::{Payout, Reason, Way};
use crate::{schema::payouts, stored, viewer::Viewer, worklist::Worklist};

#[derive(diesel::Queryable, diesel::Selectable, diesel::Insertable, diesel::AsChangeset)]
#[diesel(table_name = payouts, treat_none_as_null = true)]
struct PayoutRow {
    id: PayoutId,
    version: i64,
    company_id: CompanyId,
    provider: String,
    provider_account_id: Option<String>,
    receiver: Option<String>,
    status: String,
    currency: Currency,
    amount: i64,
    cause: String,
    requested_by: Option<UserId>,
    period: Option<String>,
    captured_at: NullableTimestamp,
    transfer_id: Option<String>,
    reversal_id: Option<String>,
    provider_payout_id: Option<String>,
    movement_id: Option<String>,
    failure_code: Option<String>,
    failure_message: Option<String>,
    arrives_at: NullableTimestamp,
    paid_at: NullableTimestamp,
    closed_at: NullableTimestamp,
    refusals: i32,
    asked_at: NullableTimestamp,
    check_at: NullableTimestamp,
    created_at: jiff_diesel::Timestamp,
    updated_at: jiff_diesel::Timestamp,
}

impl From<&Payout> for PayoutRow {
    fn from(payout: &Payout) -> Self {
        let (requested_by, period) = match &payout.reason {
            Reason::Asked(user_id) => (Some(*user_id), None),
            Reason::Period(period) => (None, Some(period.clone())),
        };
        let (provider_account_id, receiver) = match &payout.way {
            Way::Account(id) => (Some(id.clone()), None),
            Way::Receiver(address) => (None, address.clone()),
        };
        Self {
            id: payout.id,
            version: payout.version,
            company_id: payout.company_id,
            provider: payout.provider.as_str().to_owned(),
            provider_account_id,
            receiver,
            status: payout.status.as_str().to_owned(),
            currency: payout.amount.currency,
            amount: payout.amount.amount,
            cause: payout.cause().as_str().to_owned(),
            requested_by,
            period,
            captured_at: payout.captured_at.to_diesel(),
            transfer_id: payout.transfer_id.clone(),
            reversal_id: payout.reversal_id.clone(),
            provider_payout_id: payout.provider_payout_id.clone(),
            movement_id: payout.movement_id.clone(),
            failure_code: payout.failure.as_ref().map(|failure| failure.code.clone()),
            failure_message: payout.failure.as_ref().map(|failure| failure.message.clone()),
            arrives_at: payout.arrives_at.to_diesel(),
            paid_at: payout.paid_at.to_diesel(),
            closed_at: payout.closed_at.to_diesel(),
            refusals: i32::try_from(payout.refusals).unwrap_or(i32::MAX),
            asked_at: payout.asked_at.to_diesel(),
            check_at: payout.check_at.to_diesel(),
            created_at: payout.created_at.to_diesel(),
            updated_at: payout.updated_at.to_diesel(),
        }
    }
}

impl TryFrom<PayoutRow> for Payout {
    type Error = Error;

    fn try_from(row: PayoutRow) -> Result<Self, Error> {
        let message = row.failure_message.unwrap_or_default();
        let reason = match (row.requested_by, row.period) {
            (Some(user_id), None) => Reason::Asked(user_id),
            (None, Some(period)) => Reason::Period(period),
            _ => return Err(stored::unreadable("payouts.cause", &"neither asked for nor of a period")),
        };
        Ok(Self {
            id: row.id,
            version: row.version,
            company_id: row.company_id,
            provider: stored::parse("payouts.provider", &row.provider)?,
            way: row.provider_account_id.map_or(Way::Receiver(row.receiver), Way::Account),
            status: stored::parse("payouts.status", &row.status)?,
            amount: Money::new(row.amount, row.currency),
            reason,
            captured_at: row.captured_at.to_jiff(),
            transfer_id: row.transfer_id,
            reversal_id: row.reversal_id,
            provider_payout_id: row.provider_payout_id,
            movement_id: row.movement_id,
            failure: row.failure_code.map(|code| Failure { code, message }),
            arrives_at: row.arrives_at.to_jiff(),
            paid_at: row.paid_at.to_jiff(),
            closed_at: row.closed_at.to_jiff(),
            refusals: u32::try_from(row.refusals).unwrap_or(0),
            asked_at: row.asked_at.to_jiff(),
            check_at: row.check_at.to_jiff(),
            created_at: row.created_at.to_jiff(),
            updated_at: row.updated_at.to_jiff(),
        })
    }
}

/// A payout whose first step the caller takes; jobs leave it alone until `lease_until`, by real time.
pub async fn insert_claimed_payout(conn: &mut Conn, payout: &Payout, lease_until: Timestamp) -> Result<(), Error> {
    let claimed = (PayoutRow::from(payout), payouts::retry_at.eq(lease_until.to_diesel()));
    diesel::insert_into(payouts::table).values(claimed).execute(conn).await?;
    Ok(())
}

/// False where the period has its payout already.
pub async fn insert_payout_of_period(conn: &mut Conn, payout: &Payout) -> Result<bool, Error> {
    let insert = diesel::insert_into(payouts::table)
        .values(PayoutRow::from(payout))
        .on_conflict((payouts::company_id, payouts::period))
        .do_nothing();
    Ok(insert.execute(conn).await? == 1)
}

/// Saves a payout that this transaction has locked, as its next version.
pub async fn update_payout(conn: &mut Conn, payout: &Payout) -> Result<(), Error> {
    let changed = diesel::update(payouts::table.find(payout.id)).set(PayoutRow::from(payout)).execute(conn).await?;
    stored::exactly_one(changed)
}

/// For jobs; people see theirs with [`find_visible_payout`].
pub async fn find_payout(conn: &mut Conn, id: PayoutId) -> Result<Option<Payout>, Error> {
    let row = payouts::table.find(id).select(PayoutRow::as_select()).first(conn).await.optional()?;
    row.map(Payout::try_from).transpose()
}

pub async fn lock_payout(conn: &mut Conn, id: PayoutId) -> Result<Option<Payout>, Error> {
    let found = payouts::table.find(id).select(PayoutRow::as_select()).for_no_key_update();
    found.first(conn).await.optional()?.map(Payout::try_from).transpose()
}

/// A payout of the viewer's companies; of every company for the platform's administrators.
pub async fn find_visible_payout(conn: &mut Conn, viewer: &Viewer, id: PayoutId) -> Result<Option<Payout>, Error> {
    let mut query = payouts::table.find(id).select(PayoutRow::as_select()).into_boxed();
    if !viewer.sees_all {
        query = query.filter(payouts::company_id.eq_any(&viewer.companies));
    }
    query.first(conn).await.optional()?.map(Payout::try_from).transpose()
}

/// Newest first, of one company or of all, after the given key.
pub async fn list_payouts(
    conn: &mut Conn,
    company_id: Option<CompanyId>,
    after: Option<(Timestamp, PayoutId)>,
    limit: i64,
) -> Result<Vec<Payout>, Error> {
    let mut query = payouts::table
        .select(PayoutRow::as_select())
        .order((payouts::created_at.desc(), payouts::id.desc()))
        .limit(limit)
        .into_boxed();
    if let Some(company_id) = company_id {
        query = query.filter(payouts::company_id.eq(company_id));
    }
    if let Some((created_at, id)) = after {
        let created_at = created_at.to_diesel();
        let same_instant = payouts::created_at.eq(created_at).and(payouts::id.lt(id));
        query = query.filter(payouts::created_at.lt(created_at).or(same_instant));
    }
    let rows: Vec<PayoutRow> = query.load(conn).await?;
    rows.into_iter().map(Payout::try_from).collect()
}

/// Payouts that have a step to take: at once, or when the Clock says that the provider is to be asked.
pub const STEPS: Worklist<PayoutId> = Worklist {
    table: "payouts",
    id: "id",
    open: "status IN ('requested', 'held', 'transferred', 'failing', 'sent', 'paid')",
    // What `Payout::next_step` has a step for.
    due: "status NOT IN ('sent', 'paid') OR check_at <= $1 OR captured_at IS NULL \
          AND (status = 'paid' OR provider_account_id IS NOT NULL OR movement_id IS NOT NULL)",
    order: "created_at",
    planned: Some("check_at"),
    prefix: "",
    typed: PayoutId::from_uuid,
};

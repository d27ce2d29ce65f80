//! The table `authorizations`. An authorisation is found with its payment, which is locked first; what happens to a booking or
//! a company marks all of theirs at once.

use diesel::{BoolExpressionMethods, ExpressionMethods, IntoSql, QueryDsl, SelectableHelper, sql_types::Bool};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{CompanyId, PaymentId, UserId};
use providers::Failure;
use store::{Conn, Error};

use super::{
    Authorization,
    model::{VoidCause, Wish},
};
use crate::{
    payables::PayableRef,
    schema::{authorizations, payments},
    stored,
    worklist::Worklist,
};

/// Authorisations about which there is something to do.
pub const STEPS: Worklist<PaymentId> = Worklist {
    table: "authorizations",
    id: "payment_id",
    open: "step_at IS NOT NULL",
    due: "step_at <= $1",
    order: "step_at",
    planned: Some("step_at"),
    prefix: "step_",
    typed: PaymentId::from_uuid,
};

const CAPTURE: &str = "capture";
const VOID: &str = "void";

/// The statuses of payments whose money has neither come nor been given up.
const OPEN: [&str; 3] = ["pending", "processing", "authorized"];

#[derive(diesel::Queryable, diesel::Selectable, diesel::Insertable, diesel::AsChangeset)]
#[diesel(table_name = authorizations, primary_key(payment_id), treat_none_as_null = true)]
struct AuthorizationRow {
    payment_id: PaymentId,
    amount_held: Option<i64>,
    held_at: NullableTimestamp,
    held_until: NullableTimestamp,
    released_at: NullableTimestamp,
    wish: Option<String>,
    capture_amount: Option<i64>,
    void_cause: Option<String>,
    wished_by: Option<UserId>,
    renews: Option<PaymentId>,
    renewal: Option<PaymentId>,
    renewal_tried_at: NullableTimestamp,
    settled_at: NullableTimestamp,
    failure_code: Option<String>,
    failure_message: Option<String>,
    step_at: NullableTimestamp,
}

impl AuthorizationRow {
    fn of(payment_id: PaymentId, authorization: &Authorization) -> Self {
        let (wish, capture_amount, void_cause) = match authorization.wish {
            Some(Wish::Capture(amount)) => (Some(CAPTURE), Some(amount), None),
            Some(Wish::Void(cause)) => (Some(VOID), None, Some(cause.as_str().to_owned())),
            None => (None, None, None),
        };
        let failure = authorization.failure.as_ref();
        Self {
            payment_id,
            amount_held: authorization.held,
            held_at: authorization.held_at.to_diesel(),
            held_until: authorization.held_until.to_diesel(),
            released_at: authorization.released_at.to_diesel(),
            wish: wish.map(str::to_owned),
            capture_amount,
            void_cause,
            wished_by: authorization.wished_by,
            renews: authorization.renews,
            renewal: authorization.renewal,
            renewal_tried_at: authorization.renewal_tried_at.to_diesel(),
            settled_at: authorization.settled_at.to_diesel(),
            failure_code: failure.map(|failure| failure.code.clone()),
            failure_message: failure.map(|failure| failure.message.clone()),
            step_at: authorization.step_at.to_diesel(),
        }
    }
}

impl TryFrom<AuthorizationRow> for Authorization {
    type Error = Error;

    fn try_from(row: AuthorizationRow) -> Result<Self, Error> {
        let message = row.failure_message.unwrap_or_default();
        let wish = match (row.capture_amount, row.void_cause) {
            (Some(amount), _) => Some(Wish::Capture(amount)),
            (None, Some(cause)) => Some(Wish::Void(stored::parse("authorizations.void_cause", &cause)?)),
            (None, None) => None,
        };
        Ok(Self {
            held: row.amount_held,
            held_at: row.held_at.to_jiff(),
            held_until: row.held_until.to_jiff(),
            released_at: row.released_at.to_jiff(),
            wish,
            wished_by: row.wished_by,
            renews: row.renews,
            renewal: row.renewal,
            renewal_tried_at: row.renewal_tried_at.to_jiff(),
            settled_at: row.settled_at.to_jiff(),
            failure: row.failure_code.map(|code| Failure { code, message }),
            step_at: row.step_at.to_jiff(),
        })
    }
}

pub async fn insert_authorization(
    conn: &mut Conn,
    payment_id: PaymentId,
    authorization: &Authorization,
) -> Result<(), Error> {
    let row = AuthorizationRow::of(payment_id, authorization);
    diesel::insert_into(authorizations::table).values(row).execute(conn).await?;
    Ok(())
}

/// Saves the authorisation of a payment that this transaction has locked.
pub async fn update_authorization(
    conn: &mut Conn,
    payment_id: PaymentId,
    authorization: &Authorization,
) -> Result<(), Error> {
    let row = AuthorizationRow::of(payment_id, authorization);
    let changed = diesel::update(authorizations::table.find(payment_id)).set(row).execute(conn).await?;
    stored::exactly_one(changed)
}

/// Those of payments that were found before.
pub async fn find_authorizations(
    conn: &mut Conn,
    payment_ids: &[PaymentId],
) -> Result<Vec<(PaymentId, Authorization)>, Error> {
    let rows: Vec<AuthorizationRow> = authorizations::table
        .filter(authorizations::payment_id.eq_any(payment_ids))
        .select(AuthorizationRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter().map(|row| Ok((row.payment_id, Authorization::try_from(row)?))).collect()
}

/// The same for payments that this transaction has locked: what marks many at once waits.
pub async fn lock_authorizations(
    conn: &mut Conn,
    payment_ids: &[PaymentId],
) -> Result<Vec<(PaymentId, Authorization)>, Error> {
    let rows: Vec<AuthorizationRow> = authorizations::table
        .filter(authorizations::payment_id.eq_any(payment_ids))
        .order(authorizations::payment_id)
        .select(AuthorizationRow::as_select())
        .for_no_key_update()
        .load(conn)
        .await?;
    rows.into_iter().map(|row| Ok((row.payment_id, Authorization::try_from(row)?))).collect()
}

/// When there is something to do next. The caller has locked the payment.
pub async fn plan_step(conn: &mut Conn, payment_id: PaymentId, at: Option<Timestamp>) -> Result<(), Error> {
    let planned = authorizations::step_at.eq(at.to_diesel());
    let changed = diesel::update(authorizations::table.find(payment_id)).set(planned).execute(conn).await?;
    stored::exactly_one(changed)
}

/// Nobody else takes the next step until then, by real time.
pub async fn lease(conn: &mut Conn, payment_id: PaymentId, until: Timestamp) -> Result<(), Error> {
    let leased = authorizations::step_retry_at.eq(until.to_diesel());
    let changed = diesel::update(authorizations::table.find(payment_id)).set(leased).execute(conn).await?;
    stored::exactly_one(changed)
}

/// Which authorisations of a payable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    All,
    /// Those to which the customer has not agreed yet; not what is about to stand in for another.
    NotHeld,
}

/// Nobody wants what is, or will be, held for a payable: a job tells the provider. The caller has locked the payable.
pub async fn request_void_of_payable(
    conn: &mut Conn,
    payable: PayableRef,
    which: Which,
    now: Timestamp,
) -> Result<(), Error> {
    let of_payable = payments::table
        .filter(payments::payable_kind.eq(payable.kind()))
        .filter(payments::payable_id.eq(payable.uuid()))
        .filter(payments::capture.eq("manual"))
        .filter(payments::status.eq_any(OPEN))
        .select(payments::id);
    let is_new = authorizations::amount_held.is_null().and(authorizations::renews.is_null());
    let is_meant = is_new.or((which == Which::All).into_sql::<Bool>());
    diesel::update(authorizations::table.filter(authorizations::payment_id.eq_any(of_payable)))
        .filter(authorizations::wish.is_null().and(is_meant))
        .set(unwanted(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// The same for whatever is held for a company. The caller has locked the payee.
pub async fn request_void_of_company(conn: &mut Conn, company_id: CompanyId, now: Timestamp) -> Result<(), Error> {
    let of_company = payments::table
        .filter(payments::company_id.eq(company_id))
        .filter(payments::capture.eq("manual"))
        .filter(payments::status.eq_any(OPEN))
        .select(payments::id);
    diesel::update(authorizations::table.filter(authorizations::payment_id.eq_any(of_company)))
        .filter(authorizations::wish.is_null())
        .set(unwanted(now))
        .execute(conn)
        .await?;
    Ok(())
}

type Unwanted = (
    diesel::dsl::Eq<authorizations::wish, &'static str>,
    diesel::dsl::Eq<authorizations::void_cause, &'static str>,
    diesel::dsl::Eq<authorizations::step_at, NullableTimestamp>,
);

fn unwanted(now: Timestamp) -> Unwanted {
    (
        authorizations::wish.eq(VOID),
        authorizations::void_cause.eq(VoidCause::Unwanted.as_str()),
        authorizations::step_at.eq(Some(now).to_diesel()),
    )
}

/// The payable ends at another time: what is to be done, and when, is thought about anew. The caller has locked the payable.
pub async fn think_again(conn: &mut Conn, payable: PayableRef, now: Timestamp) -> Result<(), Error> {
    let of_payable = payments::table
        .filter(payments::payable_kind.eq(payable.kind()))
        .filter(payments::payable_id.eq(payable.uuid()))
        .filter(payments::status.eq("authorized"))
        .select(payments::id);
    diesel::update(authorizations::table.filter(authorizations::payment_id.eq_any(of_payable)))
        .set(authorizations::step_at.eq(now.to_diesel()))
        .execute(conn)
        .await?;
    Ok(())
}

//! Which payments the provider is asked about.

use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::PaymentId;
use store::{Conn, Error};

use crate::{schema::payments, stored, worklist::Worklist};

pub const CHECKS: Worklist<PaymentId> = Worklist {
    table: "payments",
    id: "id",
    open: "check_at IS NOT NULL",
    due: "check_at <= $1",
    order: "check_at",
    planned: Some("check_at"),
    prefix: "check_",
    typed: PaymentId::from_uuid,
};

/// Plans the next question, or none.
pub async fn plan_check(conn: &mut Conn, id: PaymentId, next: Option<Timestamp>) -> Result<(), Error> {
    let planned = payments::check_at.eq(next.to_diesel());
    let changed = diesel::update(payments::table.find(id)).set(planned).execute(conn).await?;
    stored::exactly_one(changed)
}

//! The tables `receipts` and `receipt_counters`.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, IntoSql, OptionalExtension, QueryDsl, SelectableHelper, sql_types::Bool,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{CompanyId, Currency, Money, PaymentId, ReceiptId, UserId};
use store::{Conn, Error, sql::Prepare};
use uuid::Uuid;

use super::model::Receipt;
use crate::{
    payables::PayableRef,
    schema::{receipt_counters, receipts},
    stored,
    viewer::{Owner, Viewer},
};

#[derive(diesel::Queryable, diesel::Selectable, diesel::Insertable)]
#[diesel(table_name = receipts)]
struct ReceiptRow {
    id: ReceiptId,
    company_id: CompanyId,
    number: i64,
    payment_id: PaymentId,
    customer_user_id: Option<UserId>,
    payable_kind: String,
    payable_id: Uuid,
    description: String,
    currency: Currency,
    amount: i64,
    provider: String,
    issued_at: jiff_diesel::Timestamp,
}

impl From<&Receipt> for ReceiptRow {
    fn from(receipt: &Receipt) -> Self {
        Self {
            id: receipt.id,
            company_id: receipt.company_id,
            number: receipt.number,
            payment_id: receipt.payment_id,
            customer_user_id: receipt.customer_user_id,
            payable_kind: receipt.payable.kind().to_owned(),
            payable_id: receipt.payable.uuid(),
            description: receipt.description.clone(),
            currency: receipt.amount.currency,
            amount: receipt.amount.amount,
            provider: receipt.provider.as_str().to_owned(),
            issued_at: receipt.issued_at.to_diesel(),
        }
    }
}

impl TryFrom<ReceiptRow> for Receipt {
    type Error = Error;

    fn try_from(row: ReceiptRow) -> Result<Self, Error> {
        let payable = PayableRef::from_parts(&row.payable_kind, row.payable_id);
        Ok(Self {
            id: row.id,
            company_id: row.company_id,
            number: row.number,
            payment_id: row.payment_id,
            customer_user_id: row.customer_user_id,
            payable: payable.map_err(|error| stored::unreadable("receipts.payable_kind", &error))?,
            description: row.description,
            amount: Money::new(row.amount, row.currency),
            provider: stored::parse("receipts.provider", &row.provider)?,
            issued_at: row.issued_at.to_jiff(),
        })
    }
}

/// The next number of a company's series, whose counter stays locked until the transaction ends.
pub async fn next_number(conn: &mut Conn, company_id: CompanyId) -> Result<i64, Error> {
    let number = diesel::insert_into(receipt_counters::table)
        .values((receipt_counters::company_id.eq(company_id), receipt_counters::last_number.eq(1)))
        .on_conflict(receipt_counters::company_id)
        .do_update()
        .set(receipt_counters::last_number.eq(receipt_counters::last_number + 1))
        .returning(receipt_counters::last_number)
        .prepared()
        .get_result(conn)
        .await?;
    Ok(number)
}

pub async fn insert_receipt(conn: &mut Conn, receipt: &Receipt) -> Result<(), Error> {
    diesel::insert_into(receipts::table).values(ReceiptRow::from(receipt)).prepared().execute(conn).await?;
    Ok(())
}

/// A receipt that the viewer may see.
pub async fn find_visible_receipt(conn: &mut Conn, viewer: &Viewer, id: ReceiptId) -> Result<Option<Receipt>, Error> {
    let mine = receipts::customer_user_id.eq(viewer.user_id);
    let row: Option<ReceiptRow> = receipts::table
        .find(id)
        .filter(mine.or(receipts::company_id.eq_any(&viewer.companies)).or(viewer.sees_all.into_sql::<Bool>()))
        .select(ReceiptRow::as_select())
        .first(conn)
        .await
        .optional()?;
    row.map(Receipt::try_from).transpose()
}

/// An owner's receipts, newest first, after the given key.
pub async fn list_receipts(
    conn: &mut Conn,
    owner: Owner,
    after: Option<(Timestamp, ReceiptId)>,
    limit: i64,
) -> Result<Vec<Receipt>, Error> {
    let mut query = receipts::table
        .select(ReceiptRow::as_select())
        .order((receipts::issued_at.desc(), receipts::id.desc()))
        .limit(limit)
        .into_boxed();
    query = match owner {
        Owner::Customer(user_id) => query.filter(receipts::customer_user_id.eq(user_id)),
        Owner::Company(company_id) => query.filter(receipts::company_id.eq(company_id)),
    };
    if let Some((issued_at, id)) = after {
        let issued_at = issued_at.to_diesel();
        let same_instant = receipts::issued_at.eq(issued_at).and(receipts::id.lt(id));
        query = query.filter(receipts::issued_at.lt(issued_at).or(same_instant));
    }
    let rows: Vec<ReceiptRow> = query.load(conn).await?;
    rows.into_iter().map(Receipt::try_from).collect()
}

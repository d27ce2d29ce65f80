//! Payments as a spreadsheet: CSV, sent while it is read, so that its length does not matter.

use actix_web::{HttpResponse, web::Data};
use bytes::Bytes;
use futures_util::{Stream, stream};
use jiff::Timestamp;
use kernel::{Money, PaymentId};
use problem::Problem;
use rust_decimal::Decimal;

use super::{model::TransactionFilter, store::list_transactions};
use crate::{
    App,
    payments::{Payment, http::public_status},
    sessions::Session,
};

/// Read at once.
const PAGE: i64 = 500;

const COLUMNS: [&str; 15] = [
    "id",
    "created_at",
    "status",
    "provider",
    "provider_payment_id",
    "company_id",
    "customer_id",
    "payable_type",
    "payable_id",
    "currency",
    "amount",
    "amount_captured",
    "amount_refunded",
    "attempts",
    "failure_code",
];

pub fn answer(app: Data<App>, filter: TransactionFilter) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("content-disposition", "attachment; filename=\"transactions.csv\""))
        .streaming(pages(app, filter))
}

enum Next {
    First,
    After((Timestamp, PaymentId)),
    End,
}

/// Whoever reads slowly holds no connection to the database: each page borrows one.
fn pages(app: Data<App>, filter: TransactionFilter) -> impl Stream<Item = Result<Bytes, Problem>> {
    stream::try_unfold((app, filter, Next::First), |(app, filter, next)| async move {
        let (after, is_first) = match next {
            Next::First => (None, true),
            Next::After(key) => (Some(key), false),
            Next::End => return Ok(None),
        };
        let found = list_transactions(&mut *app.db.conn().await?, &filter, after, PAGE).await?;
        let is_last = found.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        let next = match found.last() {
            Some((last, _)) if !is_last => Next::After((last.created_at, last.id)),
            _ => Next::End,
        };
        let page = page(&found, is_first).map_err(Problem::internal)?;
        Ok(Some((page, (app, filter, next))))
    })
}

fn page(found: &[(Payment, Session)], with_names: bool) -> Result<Bytes, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    if with_names {
        writer.write_record(COLUMNS)?;
    }
    for (payment, _) in found {
        writer.write_record(cells(payment).map(safe))?;
    }
    let written = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(Bytes::from(written))
}

fn cells(payment: &Payment) -> [String; COLUMNS.len()] {
    let currency = payment.amount.currency;
    [
        payment.id.to_string(),
        payment.created_at.to_string(),
        public_status(payment).to_owned(),
        payment.provider.to_string(),
        payment.provider_payment_id.clone().unwrap_or_default(),
        payment.company_id.to_string(),
        payment.customer_user_id.map(|id| id.to_string()).unwrap_or_default(),
        payment.payable.kind().to_owned(),
        payment.payable.id_text(),
        currency.code().to_owned(),
        decimal(payment.amount),
        decimal(Money::new(payment.captured, currency)),
        decimal(Money::new(payment.refunded, currency)),
        payment.attempts.to_string(),
        payment.failure.as_ref().map(|failure| failure.code.clone()).unwrap_or_default(),
    ]
}

/// `47.60`: the currency has its own column.
fn decimal(money: Money) -> String {
    Decimal::new(money.amount, u32::from(money.currency.exponent())).to_string()
}

/// Spreadsheets take a cell that begins like this for a formula (OWASP, CSV injection).
fn safe(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}

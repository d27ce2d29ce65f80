//! Bookings as a spreadsheet: CSV, sent while it is read, so that its length does not matter.

use actix_web::{HttpResponse, post, web::Data};
use bytes::Bytes;
use futures_util::{Stream, stream};
use kernel::Money;
use problem::{Problem, ProblemBody};
use rust_decimal::Decimal;
use service_kit::{Caller, Json};

use super::read::FilterBookingsRequest;
use crate::{
    bookings::{
        commands,
        model::{Booking, Customer},
        store::{BookingFilter, ListKey},
    },
    local_time,
    startup::App,
};

/// Read at once.
const PAGE: i64 = 500;

const COLUMNS: [&str; 18] = [
    "id",
    "status",
    "studio_id",
    "room_ids",
    "customer_id",
    "guest_name",
    "starts_at",
    "ends_at",
    "local_starts_at",
    "local_ends_at",
    "currency",
    "total",
    "amount_paid",
    "amount_refunded",
    "amount_due",
    "payment",
    "note",
    "created_at",
];

/// The bookings that a filter finds, as CSV (RFC 4180) with a line of names, by start. A cell that a spreadsheet would
/// take for a formula begins with an apostrophe.
#[utoipa::path(
    tag = "bookings",
    request_body = FilterBookingsRequest,
    responses(
        (status = 200, content_type = "text/csv", body = String),
        (status = 404, body = ProblemBody),
    ),
    security(("bearer" = []))
)]
#[post("/api/bookings/export")]
pub async fn export_bookings(
    app: Data<App>,
    caller: Caller,
    body: Json<FilterBookingsRequest>,
) -> Result<HttpResponse, Problem> {
    let filter = body.validated(&caller)?;
    let answer = HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("content-disposition", "attachment; filename=\"bookings.csv\""))
        .streaming(pages(app, filter));
    Ok(answer)
}

enum Next {
    First,
    After(ListKey),
    End,
}

/// Whoever reads slowly holds no connection to the database: each page borrows one.
fn pages(app: Data<App>, filter: BookingFilter) -> impl Stream<Item = Result<Bytes, Problem>> {
    stream::try_unfold((app, filter, Next::First), |(app, filter, next)| async move {
        let (after, is_first) = match next {
            Next::First => (None, true),
            Next::After(key) => (Some(key), false),
            Next::End => return Ok(None),
        };
        let bookings = commands::filter_bookings(&app, &filter, after, app.clock.now(), PAGE).await?;
        let is_last = bookings.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        let next = match bookings.last() {
            Some(last) if !is_last => Next::After(ListKey { starts_at: last.interval.start(), id: last.id }),
            _ => Next::End,
        };
        let page = page(&app, &bookings, is_first).map_err(Problem::internal)?;
        Ok(Some((page, (app, filter, next))))
    })
}

fn page(app: &App, bookings: &[Booking], with_names: bool) -> Result<Bytes, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    if with_names {
        writer.write_record(COLUMNS)?;
    }
    for booking in bookings {
        writer.write_record(cells(app, booking).map(safe))?;
    }
    let written = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(Bytes::from(written))
}

fn cells(app: &App, booking: &Booking) -> [String; COLUMNS.len()] {
    let zone = local_time::stored_zone(&booking.time_zone);
    let rooms: Vec<String> = booking.room_ids().iter().map(ToString::to_string).collect();
    let guest = match &booking.customer {
        Customer::Guest(guest) => guest.name.clone(),
        Customer::Account(_) => String::new(),
    };
    [
        booking.id.to_string(),
        booking.status_at(app.clock.now()).as_str().to_owned(),
        booking.studio_id.to_string(),
        rooms.join(" "),
        booking.customer_id().map(|id| id.to_string()).unwrap_or_default(),
        guest,
        booking.interval.start().to_string(),
        booking.interval.end().to_string(),
        local_time::display(booking.interval.start(), &zone),
        local_time::display(booking.interval.end(), &zone),
        booking.currency().code().to_owned(),
        decimal(booking.price.total),
        decimal(booking.amount_paid),
        decimal(booking.amount_refunded),
        decimal(booking.due()),
        booking.payment_mode.as_str().to_owned(),
        booking.note.clone().unwrap_or_default(),
        booking.created_at.to_string(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_calculate_stays_text() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(safe(formula.to_owned()), format!("'{formula}"));
        }
        assert_eq!(safe("a=b".to_owned()), "a=b");
    }
}

//! POST /api/bookings.

use actix_web::{post, web::Data};
use kernel::{RoomId, UserId};
use problem::{Problem, ProblemBody};
use serde::Deserialize;
use service_kit::{Caller, IdempotencyKey, Idempotent, Json, Scope, StoredAnswer};
use utoipa::ToSchema;

use super::BookingResponse;
use crate::{
    availability::{Asked, rooms_of},
    bookings::{
        commands::{self, Booker, NewBooking, StaffBooking},
        model::{Customer, Guest, PaymentMode},
    },
    local_time::When,
    prices::model::AddOnChoice,
    startup::App,
    validation::Validation,
};

const NOTE_LENGTH: usize = 2000;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateBookingRequest {
    room_id: Option<RoomId>,
    /// Several rooms of one studio that are booked together, for one price.
    #[schema(min_items = 1, max_items = 20)]
    room_ids: Option<Vec<RoomId>>,
    starts_at: When,
    ends_at: When,
    /// Those of the quote when absent.
    add_ons: Option<Vec<AddOnChoice>>,
    /// The price of this quote is charged.
    #[schema(max_length = 65_536)]
    quote_token: Option<String>,
    /// How many come; that of the quote when absent.
    #[schema(minimum = 1)]
    party_size: Option<i32>,
    /// That of the quote when absent.
    #[schema(max_length = 40)]
    promotion_code: Option<String>,
    /// One line, up to 2,000 characters.
    #[schema(max_length = 2000)]
    note: Option<String>,
    /// Only for staff of the company: for whom they book.
    customer: Option<CustomerChoice>,
    /// Only for staff, with `customer`: where it is to be paid; online when absent.
    payment: Option<PaymentMode>,
    /// Only for staff, with `customer`: how long it is held unpaid; the room's own time when absent.
    #[schema(minimum = 1, maximum = 10_080)]
    hold_minutes: Option<i32>,
}

/// Somebody who has booked at the company before, or somebody without an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum CustomerChoice {
    Account(AccountChoice),
    Guest(GuestChoice),
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountChoice {
    id: UserId,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GuestChoice {
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    #[schema(max_length = 254)]
    email: Option<String>,
    #[schema(max_length = 40)]
    phone: Option<String>,
}

impl CustomerChoice {
    fn validated(&self, validation: &mut Validation) -> Customer {
        match self {
            Self::Account(account) => Customer::Account(account.id),
            Self::Guest(guest) => Customer::Guest(Guest {
                name: validation.line("/customer/name", &guest.name, 120),
                email: validation.optional_email("/customer/email", guest.email.as_deref()),
                phone: validation.optional_line("/customer/phone", guest.phone.as_deref(), 40),
            }),
        }
    }
}

impl CreateBookingRequest {
    fn rooms(&self) -> Result<Vec<RoomId>, Problem> {
        rooms_of(self.room_id, self.room_ids.as_deref())
    }

    fn validated(&self, by: Booker) -> Result<NewBooking, Problem> {
        let mut validation = Validation::default();
        let note = validation.optional_line("/note", self.note.as_deref(), NOTE_LENGTH);
        validation.finish()?;
        Ok(NewBooking {
            by,
            series_id: None,
            room_ids: self.rooms()?,
            asked: Asked { starts_at: self.starts_at, ends_at: self.ends_at },
            add_ons: self.add_ons.clone(),
            quote_token: self.quote_token.clone(),
            party_size: self.party_size,
            promotion_code: self.promotion_code.clone(),
            note,
        })
    }
}

/// What staff say about a booking that they make for somebody.
pub type ForSomebody<'a> = (Option<&'a CustomerChoice>, Option<PaymentMode>, Option<i32>);

/// With a customer it is made by staff, else by whoever asks.
pub async fn booker(
    app: &App,
    caller: &Caller,
    rooms: &[RoomId],
    (customer, payment, hold_minutes): ForSomebody<'_>,
) -> Result<Booker, Problem> {
    let mut validation = Validation::default();
    let Some(customer) = customer else {
        validation.demand(payment.is_none(), "/payment", "only for staff, with a customer");
        validation.demand(hold_minutes.is_none(), "/hold_minutes", "only for staff, with a customer");
        validation.finish()?;
        return Ok(Booker::Customer(caller.user_id()));
    };
    let customer = customer.validated(&mut validation);
    if let Some(minutes) = hold_minutes {
        validation.within("/hold_minutes", minutes, 1..=10_080);
    }
    validation.finish()?;
    let staff = commands::staff_of_rooms(app, caller, rooms).await?;
    Ok(Booker::Staff(StaffBooking {
        user_id: caller.user_id(),
        company_id: staff.company_id(),
        customer,
        payment: payment.unwrap_or(PaymentMode::Online),
        hold_minutes,
    }))
}

/// Book a room: held until it is paid, or requested where the studio wants to be asked. Staff of the company book for
/// a walk-in or a caller.
#[utoipa::path(
    tag = "bookings",
    params(("Idempotency-Key" = String, Header)),
    request_body = CreateBookingRequest,
    responses(
        (status = 201, body = BookingResponse),
        (status = 404, body = ProblemBody),
    ),
    security(("bearer" = []))
)]
#[post("/api/bookings")]
pub async fn create_booking(
    app: Data<App>,
    caller: Caller,
    key: IdempotencyKey,
    body: Json<CreateBookingRequest>,
) -> Result<StoredAnswer, Problem> {
    let staff = (body.customer.as_ref(), body.payment, body.hold_minutes);
    let by = booker(&app, &caller, &body.rooms()?, staff).await?;
    let new = body.validated(by)?;
    let request = Idempotent {
        caller: caller.user_id().uuid(),
        route: "POST /api/bookings",
        key,
        fingerprint: body.fingerprint(),
        scope: Scope::Default,
        now: app.clock.now(),
    };
    Ok(commands::create_booking(&app, &request, &new, BookingResponse::of).await?)
}

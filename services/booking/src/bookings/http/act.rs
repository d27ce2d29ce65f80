//! What staff say of a booking without saying more: the studio's answers, and whether somebody came.

use actix_web::{HttpResponse, post, web::Data};
use kernel::BookingId;
use problem::{Problem, ProblemBody};
use service_kit::{Caller, Path};

use super::BookingResponse;
use crate::{bookings::commands, startup::App};

/// The command of the same name, about the booking in the path; answers the booking after it.
macro_rules! act {
    ($(#[$doc:meta])+ $name:ident at $path:tt) => {
        $(#[$doc])+
        #[utoipa::path(
            tag = "bookings",
            params(("booking_id" = BookingId, Path)),
            responses(
                (status = 200, body = BookingResponse),
                (status = 409, body = ProblemBody), (status = 410, body = ProblemBody),
            ),
            security(("bearer" = []))
        )]
        #[post($path)]
        pub async fn $name(app: Data<App>, caller: Caller, id: Path<BookingId>) -> Result<HttpResponse, Problem> {
            let (booking, now) = commands::$name(&app, &caller, *id).await?;
            Ok(HttpResponse::Ok().json(BookingResponse::of(&booking, now)))
        }
    };
}

act! {
    /// Agree to a request, which takes the slot, or confirm a hold on which nothing is due.
    confirm_booking at "/api/bookings/{booking_id}/confirm"
}

act! {
    /// Decline a request.
    decline_booking at "/api/bookings/{booking_id}/decline"
}

act! {
    /// The customer is there. From an hour before the start until the end.
    check_in at "/api/bookings/{booking_id}/check-in"
}

act! {
    /// Nobody came. From the start on, while the booking is not over; nothing goes back.
    mark_no_show at "/api/bookings/{booking_id}/no-show"
}

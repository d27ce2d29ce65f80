//! Reviews.

use serde_json::json;

use crate::access::{call::Call, check::Case};

pub async fn call(case: &Case<'_>) -> Option<Call> {
    let (world, studio_id) = (case.world, case.world.scene.studio_id.as_str());
    Some(match case.row.operation {
        "GET /api/studios/{studio_id}/reviews" => Call::at([studio_id]),
        "POST /api/studios/{studio_id}/reviews" => {
            let review = json!({"booking_id": world.completed_booking().await, "rating": 4});
            Call::at([studio_id]).with(review)
        }
        "GET /api/bookings/{booking_id}/reviews" => Call::at([&world.completed_booking().await]),
        "POST /api/reviews/{review_id}/reply" => {
            Call::at([&world.shown_review().await]).with(json!({"text": "Thank you."}))
        }
        "POST /api/reviews/{review_id}/report" => {
            Call::at([&world.shown_review().await]).with(json!({"reason": "Not about this studio."}))
        }
        "GET /api/admin/reviews/reports" => Call::plain(),
        "GET /api/admin/reviews/{review_id}" => Call::at([&world.shown_review().await]),
        "POST /api/admin/reviews/{review_id}/decisions" => {
            let decision = json!({"decision": "hide", "reason": "It was read."});
            Call::at([&world.shown_review().await]).with(decision)
        }
        _ => return None,
    })
}

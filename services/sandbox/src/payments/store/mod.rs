//! Rows of sessions, intents, charges, refunds and disputes.

mod charges;
mod disputes;
mod intents;
mod refunds;
mod sessions;

pub use charges::{
    ChargeRow, find_charge, insert_charge, save_charge_captured, save_charge_refunded, succeeded_charges,
};
pub use disputes::{DisputeRow, decide_dispute, disputes_at, find_dispute, insert_dispute, lock_dispute};
pub use intents::{
    IntentRow, due_hold_ids, find_intent, insert_intent, lock_intent, lock_intent_and_session, next_decision,
    next_lapse, save_intent, undecided_ids,
};
pub use refunds::{
    RefundRow, find_refund, find_sent_refund, insert_refund, list_refunds, refunds_at, save_refund_failed,
};
pub use sessions::{
    SessionRow, clear_link, due_session_ids, find_by_link, find_session, insert_session, list_sessions, lock_session,
    newest_session_id, next_expiry, save_session, save_success_url, touch_session,
};

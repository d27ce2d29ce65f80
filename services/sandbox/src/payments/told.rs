//! What each provider tells the platform of a change: the types of its events, and their objects.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    ChargeRow, DisputeRow, IntentRow, Provider, RefundRow, SessionRow,
    methods::{CustomerRow, MethodRow},
    sessions::Mode,
};
use crate::{paypal::objects as paypal, square::objects as square, state::Sandbox, stripe::objects as stripe};

/// The type of an event and its object.
pub type Told = (&'static str, Value);

/// The money is there.
pub fn paid(app: &Sandbox, session: &SessionRow, intent: &IntentRow, charge: &ChargeRow) -> Vec<Told> {
    match session.provider() {
        Provider::Stripe => {
            let page = (session.mode() == Mode::Payment)
                .then(|| ("checkout.session.completed", stripe::session(app, session)));
            let told = [
                ("charge.succeeded", stripe::charge(charge)),
                ("payment_intent.succeeded", stripe::intent(app, intent)),
            ];
            told.into_iter().chain(page).collect()
        }
        // Square authorises first and completes by itself.
        Provider::Square => vec![
            ("payment.created", square::payment_as(session, charge, "APPROVED", None)),
            ("payment.updated", square::payment(session, charge)),
        ],
        Provider::Paypal => vec![
            ("PAYMENT.CAPTURE.COMPLETED", paypal::capture(app, session, charge)),
            ("CHECKOUT.ORDER.COMPLETED", paypal::order(app, session, Some(intent), std::slice::from_ref(charge))),
        ],
    }
}

/// The customer has agreed to a debit, and their bank decides later.
pub fn under_way(app: &Sandbox, intent: &IntentRow) -> Vec<Told> {
    vec![("payment_intent.processing", stripe::intent(app, intent))]
}

/// The customer's bank holds the money; only Stripe is played so.
pub fn held(app: &Sandbox, session: &SessionRow, intent: &IntentRow, charge: &ChargeRow) -> Vec<Told> {
    let page = (session.mode() == Mode::Payment).then(|| ("checkout.session.completed", stripe::session(app, session)));
    let told = [
        ("charge.succeeded", stripe::charge(charge)),
        ("payment_intent.amount_capturable_updated", stripe::intent(app, intent)),
    ];
    told.into_iter().chain(page).collect()
}

/// What was held is taken, and the rest let go of.
pub fn captured(app: &Sandbox, intent: &IntentRow, charge: &ChargeRow, now: Timestamp) -> Vec<Told> {
    let released = charge.amount - charge.amount_captured;
    let released = (released > 0).then(|| ("refund.created", stripe::release(charge, released, now)));
    let told = [("charge.captured", stripe::charge(charge)), ("payment_intent.succeeded", stripe::intent(app, intent))];
    told.into_iter().chain(released).collect()
}

/// An attempt failed; without a charge where it was refused before the bank was asked.
pub fn declined(app: &Sandbox, session: &SessionRow, intent: &IntentRow, charge: Option<&ChargeRow>) -> Vec<Told> {
    if session.mode() == Mode::Setup {
        return vec![("setup_intent.setup_failed", stripe::setup_intent(intent))];
    }
    match (session.provider(), charge) {
        (Provider::Stripe, charge) => {
            let failed = charge.map(|charge| ("charge.failed", stripe::charge(charge)));
            let told = ("payment_intent.payment_failed", stripe::intent(app, intent));
            failed.into_iter().chain([told]).collect()
        }
        (Provider::Square, Some(charge)) => {
            let error = intent.last_error.as_ref();
            vec![("payment.created", square::payment_as(session, charge, "FAILED", error))]
        }
        (Provider::Square, None) | (Provider::Paypal, _) => Vec::new(),
    }
}

/// The customer has to confirm at the bank's page.
pub fn asked(app: &Sandbox, session: &SessionRow, intent: &IntentRow) -> Vec<Told> {
    match session.provider() {
        Provider::Stripe if session.mode() == Mode::Setup => {
            vec![("setup_intent.requires_action", stripe::setup_intent(intent))]
        }
        Provider::Stripe => vec![("payment_intent.requires_action", stripe::intent(app, intent))],
        Provider::Square | Provider::Paypal => Vec::new(),
    }
}

/// A method was given.
pub fn saved(app: &Sandbox, session: &SessionRow, intent: &IntentRow) -> Vec<Told> {
    vec![
        ("setup_intent.succeeded", stripe::setup_intent(intent)),
        ("checkout.session.completed", stripe::session(app, session)),
    ]
}

/// A method belongs to nobody any more.
pub fn detached(method: &MethodRow) -> Vec<Told> {
    vec![("payment_method.detached", stripe::payment_method(method))]
}

pub fn customer_changed(customer: &CustomerRow) -> Told {
    ("customer.updated", stripe::customer(customer))
}

/// An intent was given up.
pub fn cancelled(app: &Sandbox, intent: &IntentRow) -> Vec<Told> {
    vec![("payment_intent.canceled", stripe::intent(app, intent))]
}

/// The customer has agreed, and the platform may take the money.
pub fn agreed(app: &Sandbox, session: &SessionRow, intent: &IntentRow) -> Vec<Told> {
    vec![("CHECKOUT.ORDER.APPROVED", paypal::order(app, session, Some(intent), &[]))]
}

/// Nobody can pay any more. Neither Square nor PayPal say so by themselves.
pub fn expired(app: &Sandbox, session: &SessionRow) -> Vec<Told> {
    match session.provider() {
        Provider::Stripe => vec![("checkout.session.expired", stripe::session(app, session))],
        Provider::Square | Provider::Paypal => Vec::new(),
    }
}

pub fn refunded(session: &SessionRow, charge: &ChargeRow, refund: &RefundRow) -> Vec<Told> {
    match session.provider() {
        Provider::Stripe => vec![
            ("refund.created", stripe::refund(refund)),
            ("charge.refunded", stripe::charge(charge)),
            ("refund.updated", stripe::refund(refund)),
        ],
        Provider::Square => vec![
            ("refund.created", square::refund_as(session, refund, "PENDING")),
            ("refund.updated", square::refund_as(session, refund, "COMPLETED")),
        ],
        Provider::Paypal => vec![("PAYMENT.CAPTURE.REFUNDED", paypal::refund(refund))],
    }
}

pub fn refund_failed(session: &SessionRow, refund: &RefundRow) -> Vec<Told> {
    match session.provider() {
        Provider::Stripe => vec![
            ("refund.updated", stripe::refund(refund)),
            ("refund.failed", stripe::refund(refund)),
            ("charge.refund.updated", stripe::refund(refund)),
        ],
        Provider::Square => vec![("refund.updated", square::refund_as(session, refund, "FAILED"))],
        Provider::Paypal => vec![("PAYMENT.REFUND.FAILED", paypal::refund(refund))],
    }
}

/// The customer wants the money back, and the provider has taken it.
pub fn disputed(charge: &ChargeRow, dispute: &DisputeRow, provider: Provider) -> Vec<Told> {
    match provider {
        Provider::Stripe => vec![
            ("charge.dispute.created", stripe::dispute(charge, dispute)),
            ("charge.dispute.funds_withdrawn", stripe::dispute(charge, dispute)),
        ],
        Provider::Square => vec![("dispute.created", square::dispute(charge, dispute, dispute.created_at))],
        Provider::Paypal => vec![("CUSTOMER.DISPUTE.CREATED", paypal::dispute(charge, dispute, dispute.created_at))],
    }
}

pub fn dispute_decided(charge: &ChargeRow, dispute: &DisputeRow, provider: Provider, now: Timestamp) -> Vec<Told> {
    match provider {
        Provider::Stripe => {
            let back = (dispute.status == "won")
                .then(|| ("charge.dispute.funds_reinstated", stripe::dispute(charge, dispute)));
            [("charge.dispute.closed", stripe::dispute(charge, dispute))].into_iter().chain(back).collect()
        }
        Provider::Square => vec![("dispute.state.updated", square::dispute(charge, dispute, now))],
        Provider::Paypal => vec![("CUSTOMER.DISPUTE.RESOLVED", paypal::dispute(charge, dispute, now))],
    }
}

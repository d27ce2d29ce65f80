//! A session and the call that opens it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kernel::{PaymentId, PaymentMethodId, UserId};
use providers::{CaptureMode, MethodKinds, Presence, SessionRequest};
use url::Url;

use super::methods::kinds_of_methods;
use crate::{payables::Payable, payments::Payment, stored::text_enum};

text_enum! {
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum SessionStage {
        /// Recorded; whether the provider has it is not known yet.
        Opening = "opening",
        Open = "open",
        /// Nobody can pay here any more, as far as we know.
        Closed = "closed",
    }
}

/// How it is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// On the provider's page.
    Page,
    /// On the client's own page, in fields that are the provider's.
    Elements,
    /// By a saved method that the customer has chosen.
    Saved(PaymentMethodId),
    /// By a saved method without the customer, who has agreed to that.
    OffSession { method: PaymentMethodId, charged_by: UserId },
}

impl Means {
    pub fn method(self) -> Option<(PaymentMethodId, Presence)> {
        match self {
            Self::Page | Self::Elements => None,
            Self::Saved(method) => Some((method, Presence::OnSession)),
            Self::OffSession { method, .. } => Some((method, Presence::OffSession)),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub payment_id: PaymentId,
    pub means: Means,
    /// Of whatever the customer gives there.
    pub methods: MethodKinds,
    pub stage: SessionStage,
    pub description: String,
    pub customer_email: Option<String>,
    pub success_url: Url,
    pub cancel_url: Url,
    pub requested_at: Timestamp,
    /// When the page should close by itself; the provider may keep it open longer.
    pub closes_at: Option<Timestamp>,
    pub provider_session_id: Option<String>,
    pub checkout_url: Option<String>,
    /// When the provider closes it.
    pub expires_at: Option<Timestamp>,
    /// Nobody should pay here since then.
    pub close_requested_at: Option<Timestamp>,
}

/// What a session asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// What is due, to be taken at once.
    Due,
    /// So much, in minor units, to be held.
    Hold(i64),
}

/// Where the customer comes back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callbacks {
    pub success_url: Url,
    pub cancel_url: Url,
}

impl Session {
    pub fn new(
        payment: &Payment,
        payable: &Payable,
        means: Means,
        customer_email: Option<String>,
        callbacks: Callbacks,
    ) -> Self {
        Self {
            payment_id: payment.id,
            means,
            methods: kinds_of_methods(payable, payment.authorization.is_some(), payment.created_at),
            stage: SessionStage::Opening,
            description: payable.description.clone(),
            customer_email,
            success_url: callbacks.success_url,
            cancel_url: callbacks.cancel_url,
            requested_at: payment.created_at,
            closes_at: payable.expires_at,
            provider_session_id: None,
            checkout_url: None,
            expires_at: None,
            close_requested_at: None,
        }
    }

    /// True while it is not known to have been opened.
    pub fn is_opening(&self) -> bool {
        self.stage == SessionStage::Opening && self.close_requested_at.is_none()
    }

    /// True while a customer may be sent there.
    pub fn is_open(&self) -> bool {
        self.stage == SessionStage::Open && self.close_requested_at.is_none()
    }

    /// The call that opens it, from recorded values only: repeated, it is the same call.
    pub fn request(&self, payment: &Payment) -> SessionRequest {
        let payable = (format!("{}_id", payment.payable.kind()), payment.payable.id_text());
        SessionRequest {
            payment_id: payment.id,
            amount: payment.amount,
            capture: if payment.authorization.is_some() { CaptureMode::Manual } else { CaptureMode::Automatic },
            methods: self.methods,
            description: self.description.clone(),
            customer_email: self.customer_email.clone(),
            success_url: self.success_url.clone(),
            cancel_url: self.cancel_url.clone(),
            requested_at: self.requested_at,
            expires_at: self.closes_at,
            metadata: BTreeMap::from([payable]),
            destination: payment.company_settlement.as_ref().map(|settled| settled.destination(payment.amount)),
        }
    }
}

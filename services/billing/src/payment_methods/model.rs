//! A saved method, and the page on which it was given.

use jiff::{SignedDuration, Timestamp};
use kernel::{MethodSetupId, PaymentMethodId, UserId};
use providers::{Failure, MethodSummary, Presence, ProviderName, SealedToken};
use url::Url;

use crate::{questions::next_question, stored::text_enum};

/// How many methods a person may have, those they are about to give counted in.
pub const MOST_METHODS: i64 = 20;

/// A provider closes a page after a day; whatever is still open then will not be used.
const ASKED_FOR: SignedDuration = SignedDuration::from_hours(26);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentMethod {
    pub id: PaymentMethodId,
    /// Rises with every change.
    pub version: i64,
    pub user_id: UserId,
    pub provider: ProviderName,
    /// None once the provider has given it up.
    pub token: Option<SealedToken>,
    pub token_hash: Vec<u8>,
    pub summary: MethodSummary,
    pub is_default: bool,
    /// Since when it may be charged without them.
    pub consented_at: Option<Timestamp>,
    pub removed_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl PaymentMethod {
    /// Says whether it may be charged without the customer. Said again, it stays as it was said first.
    pub fn set_consent(&mut self, consents: bool, now: Timestamp) {
        self.consented_at = consents.then(|| self.consented_at.unwrap_or(now));
    }

    /// What it is charged by, if it may be: a removed one may not, and not without a customer who has not agreed to that.
    pub fn chargeable(&self, presence: Presence) -> Option<&SealedToken> {
        let may_be = match presence {
            Presence::OnSession => true,
            Presence::OffSession => self.consented_at.is_some(),
        };
        self.token.as_ref().filter(|_| may_be && self.removed_at.is_none())
    }

    /// It is charged no more, from now on; the provider hears of it later.
    pub fn remove(&mut self, now: Timestamp) {
        self.removed_at.get_or_insert(now);
        (self.is_default, self.consented_at) = (false, None);
    }
}

/// Who the token of a person's method is bound to.
pub fn owner(user_id: UserId) -> String {
    format!("method:{user_id}")
}

text_enum! {
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum SetupStatus {
        Pending = "pending",
        Succeeded = "succeeded",
        /// Nobody can give anything there any more.
        Expired = "expired",
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodSetup {
    pub id: MethodSetupId,
    pub user_id: UserId,
    pub provider: ProviderName,
    pub status: SetupStatus,
    pub provider_customer_id: String,
    pub success_url: Url,
    pub cancel_url: Url,
    pub consents: bool,
    pub makes_default: bool,
    pub provider_setup_id: Option<String>,
    pub setup_url: Option<String>,
    pub payment_method_id: Option<PaymentMethodId>,
    /// Why the last try failed.
    pub failure: Option<Failure>,
    pub check_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl MethodSetup {
    pub fn give(&mut self, method: PaymentMethodId) {
        (self.status, self.payment_method_id) = (SetupStatus::Succeeded, Some(method));
        (self.failure, self.setup_url, self.check_at) = (None, None, None);
    }

    pub fn expire(&mut self) {
        (self.status, self.setup_url, self.check_at) = (SetupStatus::Expired, None, None);
    }

    /// Nothing was given yet, when it was asked after the question planned for `asked_at`. One that the provider should
    /// have closed long ago is over; one that was told of meanwhile is asked about as it was planned then.
    pub fn wait(&mut self, failure: Option<Failure>, asked_at: Option<Timestamp>, now: Timestamp) {
        if now.duration_since(self.created_at) > ASKED_FOR {
            return self.expire();
        }
        self.failure = failure;
        if self.check_at == asked_at {
            self.check_at = Some(next_question(self.created_at, now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn setup() -> MethodSetup {
        let page: Url = "https://example.com/".parse().unwrap();
        MethodSetup {
            id: MethodSetupId::new(),
            user_id: UserId::new(),
            provider: ProviderName::Stripe,
            status: SetupStatus::Pending,
            provider_customer_id: "cus_1".to_owned(),
            success_url: page.clone(),
            cancel_url: page,
            consents: false,
            makes_default: false,
            provider_setup_id: None,
            setup_url: Some("https://pay.example/".to_owned()),
            payment_method_id: None,
            failure: None,
            check_at: None,
            created_at: at("2027-03-01T10:00:00Z"),
            updated_at: at("2027-03-01T10:00:00Z"),
        }
    }

    #[test]
    fn a_page_that_nobody_used_is_not_asked_about_for_ever() {
        let mut setup = setup();
        setup.wait(None, None, at("2027-03-01T10:05:00Z"));
        assert_eq!((setup.status, setup.check_at), (SetupStatus::Pending, Some(at("2027-03-01T10:20:00Z"))));
        setup.wait(None, setup.check_at, at("2027-03-02T12:01:00Z"));
        assert_eq!((setup.status, setup.check_at, setup.setup_url), (SetupStatus::Expired, None, None));
    }

    #[test]
    fn what_is_told_while_it_is_asked_is_asked_again() {
        let (asked_at, told_at) = (at("2027-03-01T10:20:00Z"), at("2027-03-01T10:20:01Z"));
        let mut setup = setup();
        setup.check_at = Some(told_at);
        setup.wait(None, Some(asked_at), told_at);
        assert_eq!(setup.check_at, Some(told_at));
    }

    fn method() -> PaymentMethod {
        let now = at("2027-03-01T10:00:00Z");
        let summary =
            MethodSummary { kind: "card".to_owned(), brand: None, last4: None, exp_month: None, exp_year: None };
        PaymentMethod {
            id: PaymentMethodId::new(),
            version: 1,
            user_id: UserId::new(),
            provider: ProviderName::Stripe,
            token: Some(SealedToken::from_stored("v1.k.sealed.sealed".to_owned())),
            token_hash: Vec::new(),
            summary,
            is_default: true,
            consented_at: None,
            removed_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    #[test]
    fn a_removed_method_is_neither_default_nor_agreed_to() {
        let (now, later) = (at("2027-03-01T10:00:00Z"), at("2027-04-01T10:00:00Z"));
        let mut method = method();
        method.set_consent(true, now);
        method.set_consent(true, later);
        assert_eq!(method.consented_at, Some(now));
        method.remove(now);
        method.remove(later);
        assert_eq!((method.is_default, method.consented_at, method.removed_at), (false, None, Some(now)));
    }

    #[test]
    fn what_was_removed_or_not_agreed_to_is_not_charged() {
        let now = at("2027-03-01T10:00:00Z");
        #[track_caller]
        fn check(method: &PaymentMethod, on_session: bool, off_session: bool) {
            let may_be = [Presence::OnSession, Presence::OffSession].map(|there| method.chargeable(there).is_some());
            assert_eq!(may_be, [on_session, off_session]);
        }
        let mut method = method();
        check(&method, true, false);
        method.set_consent(true, now);
        check(&method, true, true);
        method.set_consent(false, now);
        check(&method, true, false);
        method.remove(now);
        check(&method, false, false);
    }
}

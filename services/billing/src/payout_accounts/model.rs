//! An account and what is known of it; pure.

use jiff::{SignedDuration, Timestamp};
use kernel::{CompanyId, Currency, UserId};
use providers::{AccountRequest, AccountState, ProviderName};

use crate::questions::next_question;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutAccount {
    pub company_id: CompanyId,
    pub provider: ProviderName,
    pub country: String,
    pub company_name: String,
    pub email: Option<String>,
    pub refusals: u32,
    /// `None` until the provider has made it.
    pub provider_account_id: Option<String>,
    pub details_submitted: bool,
    pub charges_enabled: bool,
    pub transfers_enabled: bool,
    pub payouts_enabled: bool,
    pub currency: Option<Currency>,
    pub requirements_due: Vec<String>,
    pub requirements_due_by: Option<Timestamp>,
    pub disabled_reason: Option<String>,
    pub told_at: Option<Timestamp>,
    pub check_at: Option<Timestamp>,
    pub created_by: UserId,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Whose account to make.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub company_id: CompanyId,
    pub provider: ProviderName,
    pub country: String,
    pub company_name: String,
    pub email: Option<String>,
    pub created_by: UserId,
}

/// An account in use is looked at this often, in case a webhook was lost.
const NOW_AND_THEN: SignedDuration = SignedDuration::from_hours(24);

impl PayoutAccount {
    pub fn new(new: NewAccount, now: Timestamp) -> Self {
        Self {
            company_id: new.company_id,
            provider: new.provider,
            country: new.country,
            company_name: new.company_name,
            email: new.email,
            refusals: 0,
            provider_account_id: None,
            details_submitted: false,
            charges_enabled: false,
            transfers_enabled: false,
            payouts_enabled: false,
            currency: None,
            requirements_due: Vec::new(),
            requirements_due_by: None,
            disabled_reason: None,
            told_at: None,
            check_at: Some(next_question(now, now)),
            created_by: new.created_by,
            created_at: now,
            updated_at: now,
        }
    }

    /// Money can be moved to it, and on to its bank.
    pub fn may_receive(&self) -> bool {
        self.provider_account_id.is_some() && self.transfers_enabled && self.payouts_enabled && self.currency.is_some()
    }

    /// Customers' payments can settle with it.
    pub fn may_take_charges(&self) -> bool {
        self.provider_account_id.is_some() && self.charges_enabled && self.transfers_enabled
    }

    /// The call that makes it, from recorded values only.
    pub fn request(&self) -> AccountRequest {
        AccountRequest {
            company_id: self.company_id,
            country: self.country.clone(),
            email: self.email.clone(),
            company_name: self.company_name.clone(),
            refusals: self.refusals,
        }
    }

    /// What the provider answered to a question of `asked_at`. An event that has come meanwhile counts, and makes us ask again
    /// where it says something else.
    pub fn answered(&mut self, state: &AccountState, asked_at: Timestamp) {
        let mut then = self.clone();
        then.take(state);
        let is_old = self.told_at > Some(asked_at) && then != *self;
        if !is_old {
            then.told_at = self.told_at.max(Some(asked_at));
            *self = then;
        }
        let soon = next_question(self.created_at, asked_at);
        self.check_at = Some(if self.may_receive() && !is_old { asked_at + NOW_AND_THEN } else { soon });
    }

    /// What an event told. The newest counts; one that is not newer and says something else makes us ask.
    pub fn told(&mut self, state: &AccountState, occurred_at: Timestamp, now: Timestamp) {
        let mut then = self.clone();
        then.take(state);
        if self.told_at < Some(occurred_at) {
            then.told_at = Some(occurred_at);
            *self = then;
        } else if then != *self {
            self.check_at = Some(now);
        }
    }

    fn take(&mut self, state: &AccountState) {
        self.provider_account_id = Some(state.provider_account_id.clone());
        self.details_submitted = state.details_submitted;
        self.charges_enabled = state.charges_enabled;
        self.transfers_enabled = state.transfers_enabled;
        self.payouts_enabled = state.payouts_enabled;
        self.currency = state.currency;
        self.requirements_due = state.requirements_due.clone();
        self.requirements_due_by = state.requirements_due_by;
        self.disabled_reason = state.disabled_reason.clone();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn account() -> PayoutAccount {
        let new = NewAccount {
            company_id: CompanyId::new(),
            provider: ProviderName::Stripe,
            country: "DE".to_owned(),
            company_name: "Kellerklang".to_owned(),
            email: None,
            created_by: UserId::new(),
        };
        PayoutAccount::new(new, at(0))
    }

    fn state(enabled: bool, due: &str) -> AccountState {
        AccountState {
            provider_account_id: "acct_1".to_owned(),
            company_id: None,
            details_submitted: true,
            charges_enabled: enabled,
            transfers_enabled: enabled,
            payouts_enabled: enabled,
            currency: Some(Currency::EUR),
            requirements_due: vec![due.to_owned()],
            requirements_due_by: None,
            disabled_reason: None,
        }
    }

    #[test]
    fn money_goes_only_where_every_door_is_open() {
        let mut account = account();
        assert!(!account.may_receive());
        account.answered(&state(true, ""), at(1));
        assert!(account.may_receive());
        for close in [
            |account: &mut PayoutAccount| account.payouts_enabled = false,
            |account: &mut PayoutAccount| account.transfers_enabled = false,
            |account: &mut PayoutAccount| account.currency = None,
        ] {
            let mut closed = account.clone();
            close(&mut closed);
            assert!(!closed.may_receive());
        }
    }

    #[test]
    fn payments_settle_only_with_an_account_that_takes_charges_and_transfers() {
        let mut account = account();
        assert!(!account.may_take_charges());
        account.answered(&state(true, ""), at(1));
        assert!(account.may_take_charges());
        assert!(!PayoutAccount { charges_enabled: false, ..account.clone() }.may_take_charges());
        assert!(!PayoutAccount { transfers_enabled: false, ..account }.may_take_charges());
    }

    #[test]
    fn what_is_told_late_changes_nothing_and_makes_us_ask() {
        let mut account = account();
        account.answered(&state(false, "tos"), at(100));
        let planned = account.check_at;
        account.told(&state(false, "tos"), at(50), at(101));
        assert_eq!(account.check_at, planned, "it was known");
        account.told(&state(true, ""), at(50), at(101));
        assert_eq!((account.may_receive(), account.check_at), (false, Some(at(101))));
        account.told(&state(true, ""), at(102), at(103));
        assert!(account.may_receive());
    }

    #[test]
    fn an_answer_that_an_event_has_overtaken_changes_nothing() {
        let mut account = account();
        account.told(&state(true, ""), at(100), at(100));
        account.answered(&state(true, ""), at(99));
        let planned = account.check_at;
        account.answered(&state(false, "tos"), at(99));
        assert!(account.may_receive() && account.check_at < planned, "it is asked again soon");
        account.answered(&state(false, "tos"), at(101));
        assert!(!account.may_receive());
    }

    proptest! {
        #[test]
        fn news_in_any_order_ends_as_the_newest(order in Just((0..6_i64).collect::<Vec<_>>()).prop_shuffle()) {
            let mut account = account();
            for second in order {
                account.told(&state(second % 2 == 1, &second.to_string()), at(second), at(100));
            }
            prop_assert_eq!((account.may_receive(), account.requirements_due), (true, vec!["5".to_owned()]));
        }
    }
}

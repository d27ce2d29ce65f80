//! Recording a conversion, once.

use jiff::Timestamp;
use kernel::{Money, TransferId, UserId};
use serde_json::json;
use store::Conn;
use uuid::Uuid;

use super::error::ExchangeError;
use crate::{
    accounts::AccountCode,
    actions::{Action, Doer, Whence, record_in_tx},
    rules::exchange_legs,
    startup::App,
    transfers::{Lateness, Receipt, TransferDraft, TransferKind, is_posted},
};

/// Ids of transfers follow from the references of conversions in this namespace.
const NAMESPACE: Uuid = Uuid::from_u128(0x51c7_e3a4_0a5b_4f7e_9c1d_7d0b_64a8_2f39);

/// What was given away, and what came for it.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// What the bank or the provider calls it.
    pub reference: String,
    pub from: AccountCode,
    pub sold: Money,
    pub to: AccountCode,
    pub bought: Money,
    pub at: Timestamp,
}

impl Exchange {
    /// The transfer that it becomes: the same reference names the same one. A date in a closed period is refused.
    fn draft(&self, now: Timestamp) -> Result<TransferDraft, ExchangeError> {
        let is_ours = |code: &AccountCode| matches!(code, AccountCode::Bank | AccountCode::Provider(_));
        if self.at > now {
            return Err(ExchangeError::Future);
        }
        for (pointer, account) in [("/from/account", &self.from), ("/to/account", &self.to)] {
            if !is_ours(account) {
                return Err(ExchangeError::OtherAccount(pointer));
            }
        }
        for (pointer, money) in [("/from/amount/amount", self.sold), ("/to/amount/amount", self.bought)] {
            if money.amount <= 0 {
                return Err(ExchangeError::NoAmount(pointer));
            }
        }
        if self.sold.currency == self.bought.currency {
            return Err(ExchangeError::SameCurrency);
        }
        let id = TransferId::derived(NAMESPACE, &self.reference);
        let legs = exchange_legs(self.from.clone(), self.sold, self.to.clone(), self.bought);
        let draft = TransferDraft::new(id, TransferKind::Exchange, self.reference.clone(), self.at, legs)?;
        Ok(draft.when_late(Lateness::Refused))
    }
}

/// Posts a conversion, with who recorded it. The same again changes nothing and is not told of twice.
pub async fn record_exchange_in_tx(
    app: &App,
    conn: &mut Conn,
    (person, whence): (UserId, Whence),
    exchange: &Exchange,
) -> Result<Receipt, ExchangeError> {
    let now = app.clock.now();
    let draft = exchange.draft(now)?;
    if !is_posted(conn, draft.id()).await? {
        let action = Action {
            doer: Doer::Person(person, whence),
            what: "exchange_recorded",
            subject: draft.id().to_string(),
            reason: None,
            detail: json!({
                "reference": exchange.reference,
                "from": {"account": exchange.from.to_string(), "amount": exchange.sold},
                "to": {"account": exchange.to.to_string(), "amount": exchange.bought},
            }),
        };
        record_in_tx(conn, action, now).await?;
    }
    let receipts = app.books.post_in_tx(conn, &[draft]).await?;
    receipts.into_iter().next().ok_or(ExchangeError::Unanswered)
}

#[cfg(test)]
mod tests {
    use kernel::{CompanyId, Currency};

    use super::*;

    fn exchange() -> Exchange {
        Exchange {
            reference: "fx-1".to_owned(),
            from: AccountCode::Bank,
            sold: Money::new(10_000, Currency::EUR),
            to: AccountCode::Provider("stripe".parse().unwrap()),
            bought: Money::new(16_000, Currency::JPY),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_conversion_is_of_two_currencies_between_accounts_of_the_platform() {
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(exchange().draft(now).unwrap(), exchange().draft(now).unwrap());
        let same = Exchange { bought: Money::new(1, Currency::EUR), ..exchange() };
        assert!(matches!(same.draft(now), Err(ExchangeError::SameCurrency)));
        let nothing = Exchange { bought: Money::new(0, Currency::JPY), ..exchange() };
        assert!(matches!(nothing.draft(now), Err(ExchangeError::NoAmount("/to/amount/amount"))));
        let company = Exchange { from: AccountCode::CompanyPayable(CompanyId::new()), ..exchange() };
        assert!(matches!(company.draft(now), Err(ExchangeError::OtherAccount("/from/account"))));
        let tomorrow = Exchange { at: now + jiff::SignedDuration::from_secs(1), ..exchange() };
        assert!(matches!(tomorrow.draft(now), Err(ExchangeError::Future)));
    }
}

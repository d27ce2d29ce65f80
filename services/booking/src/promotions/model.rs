//! What a promotion is, and when it may be used.

use jiff::Timestamp;
use kernel::{CompanyId, Money, MoneyError, Percent, PromotionId};

use super::PromotionRefusal;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    pub id: PromotionId,
    pub company_id: CompanyId,
    pub terms: Terms,
    pub limits: Limits,
    /// Nobody can use it any more since then.
    pub ended_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// What the price engine needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// In capitals.
    pub code: String,
    pub reduction: Reduction,
}

/// What a promotion takes off the net price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduction {
    Percent(Percent),
    Amount(Money),
}

/// When and how often it may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub valid_from: Option<Timestamp>,
    /// Not any more at this instant.
    pub valid_until: Option<Timestamp>,
    /// Net, before the promotion.
    pub min_amount: i64,
    pub max_uses: Option<i32>,
    pub max_uses_per_customer: Option<i32>,
}

/// How often it is in use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Uses {
    pub all: i64,
    pub by_customer: i64,
}

/// A code as it is stored and compared: without blanks around it, in capitals.
pub fn normalized(code: &str) -> String {
    code.trim().to_uppercase()
}

/// Letters, digits, dashes and underscores: what can be read out on the phone.
pub fn is_code(code: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (3..=40).contains(&code.len()) && code.chars().all(plain)
}

impl Terms {
    /// What is left of it for further rooms of a booking when so much has been taken off for the others. A percentage
    /// is taken off each of them.
    pub fn rest_after(&self, off: Money) -> Result<Option<Self>, MoneyError> {
        let reduction = match self.reduction {
            Reduction::Percent(_) => self.reduction,
            Reduction::Amount(amount) => Reduction::Amount(amount.checked_sub(off)?),
        };
        let is_used_up = matches!(reduction, Reduction::Amount(rest) if !rest.is_positive());
        Ok((!is_used_up).then(|| Self { code: self.code.clone(), reduction }))
    }

    /// Never more than there is to take off.
    pub fn off(&self, subtotal: Money) -> Result<Money, MoneyError> {
        let off = match self.reduction {
            Reduction::Percent(percent) => subtotal.percent(percent)?,
            // Of another currency than the price: a company does not change its currency.
            Reduction::Amount(amount) if amount.currency != subtotal.currency => {
                return Err(MoneyError::CurrencyMismatch);
            }
            Reduction::Amount(amount) => amount,
        };
        Ok(Money::new(off.amount.min(subtotal.amount), subtotal.currency))
    }
}

impl Promotion {
    /// Whether it may be used at all at an instant.
    pub fn check_dates(&self, now: Timestamp) -> Result<(), PromotionRefusal> {
        if self.limits.valid_from.is_some_and(|from| now < from) {
            return Err(PromotionRefusal::NotYet);
        }
        let over = |until: Option<Timestamp>| until.is_some_and(|until| until <= now);
        if over(self.limits.valid_until) || over(self.ended_at) { Err(PromotionRefusal::Over) } else { Ok(()) }
    }

    /// Whether a booking is large enough.
    pub fn check_amount(&self, subtotal: Money) -> Result<(), PromotionRefusal> {
        if subtotal.amount < self.limits.min_amount { Err(PromotionRefusal::MinimumNotMet) } else { Ok(()) }
    }

    /// Whether there is one more use beside those that others have.
    pub fn check_uses(&self, others: Uses) -> Result<(), PromotionRefusal> {
        let used_up = |limit: Option<i32>, uses: i64| limit.is_some_and(|limit| uses >= i64::from(limit));
        if used_up(self.limits.max_uses, others.all) || used_up(self.limits.max_uses_per_customer, others.by_customer) {
            Err(PromotionRefusal::UsedUp)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::Currency;

    use super::*;

    fn eur(amount: i64) -> Money {
        Money::new(amount, Currency::EUR)
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn promotion() -> Promotion {
        Promotion {
            id: PromotionId::new(),
            company_id: CompanyId::new(),
            terms: Terms { code: "SPRING".into(), reduction: Reduction::Percent("10".parse().unwrap()) },
            limits: Limits {
                valid_from: Some(at("2027-03-01T00:00:00Z")),
                valid_until: Some(at("2027-04-01T00:00:00Z")),
                min_amount: 5_000,
                max_uses: Some(3),
                max_uses_per_customer: Some(1),
            },
            ended_at: None,
            created_at: at("2027-01-01T00:00:00Z"),
        }
    }

    #[test]
    fn it_counts_from_its_first_instant_until_before_its_last() {
        let mut promotion = promotion();
        for (now, expected) in [
            ("2027-02-28T23:59:59Z", Err(PromotionRefusal::NotYet)),
            ("2027-03-01T00:00:00Z", Ok(())),
            ("2027-03-31T23:59:59Z", Ok(())),
            ("2027-04-01T00:00:00Z", Err(PromotionRefusal::Over)),
        ] {
            assert_eq!(promotion.check_dates(at(now)), expected, "{now}");
        }
        promotion.ended_at = Some(at("2027-03-10T00:00:00Z"));
        assert_eq!(promotion.check_dates(at("2027-03-10T00:00:00Z")), Err(PromotionRefusal::Over));
        assert_eq!(promotion.check_dates(at("2027-03-09T23:59:59Z")), Ok(()));
    }

    #[test]
    fn limits_bind_at_their_numbers() {
        let promotion = promotion();
        assert_eq!(promotion.check_amount(eur(5_000)), Ok(()));
        assert_eq!(promotion.check_amount(eur(4_999)), Err(PromotionRefusal::MinimumNotMet));
        let uses = |all, by_customer| promotion.check_uses(Uses { all, by_customer });
        assert_eq!(
            (uses(2, 0), uses(3, 0), uses(1, 1)),
            (Ok(()), Err(PromotionRefusal::UsedUp), Err(PromotionRefusal::UsedUp))
        );
    }

    #[test]
    fn never_more_is_taken_off_than_there_is() {
        let off = |reduction, subtotal| Terms { code: "A".into(), reduction }.off(eur(subtotal)).map(|off| off.amount);
        assert_eq!(off(Reduction::Percent("10".parse().unwrap()), 1_005), Ok(101));
        assert_eq!(off(Reduction::Amount(eur(2_000)), 1_500), Ok(1_500));
        assert_eq!(off(Reduction::Amount(eur(2_000)), 2_500), Ok(2_000));
        let pounds = Reduction::Amount(Money::new(1, Currency::GBP));
        assert_eq!(off(pounds, 100), Err(MoneyError::CurrencyMismatch));
    }

    #[test]
    fn codes_are_compared_in_capitals() {
        assert_eq!(normalized(" spring-27 "), "SPRING-27");
        for code in ["AB", "", "WITH SPACE", "ÄPFEL", &"A".repeat(41)] {
            assert!(!is_code(code), "{code}");
        }
        assert!(is_code("SPRING-27") && is_code("A_1"));
    }
}

//! A term as it is set; pure. Which one counts is a rule of the crate `commission`.

use commission::{Ground, Rate, Term};
use jiff::Timestamp;
use kernel::{CommissionTermId, CompanyId, UserId};
use serde::{Deserialize, Serialize};

use super::TermError;
use crate::stored::text_enum;

/// The name of a plan: lower-case letters, digits and hyphens, 63 at most, the first one no hyphen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct PlanName(String);

const LONGEST_NAME: usize = 63;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 1 to {LONGEST_NAME} lower-case letters, digits and hyphens, the first one no hyphen")]
pub struct BadPlanName;

impl PlanName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PlanName {
    type Error = BadPlanName;

    fn try_from(name: String) -> Result<Self, BadPlanName> {
        let is_plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let is_good = is_plain && !name.starts_with('-') && (1..=LONGEST_NAME).contains(&name.len());
        if is_good { Ok(Self(name)) } else { Err(BadPlanName) }
    }
}

impl std::str::FromStr for PlanName {
    type Err = BadPlanName;

    fn from_str(name: &str) -> Result<Self, BadPlanName> {
        Self::try_from(name.to_owned())
    }
}

text_enum! {
    /// What a term is about.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum TermKind {
        /// The rate of a plan.
        Plan = "plan",
        /// Which plan a company is on.
        Membership = "membership",
        /// A company's own rate.
        Company = "company",
        /// A company's own rate for a time.
        Promotion = "promotion",
    }
}

/// What a term says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub kind: TermKind,
    /// Whom it is for; `None` of a plan's rate.
    pub company_id: Option<CompanyId>,
    /// Whose rate it is, or which one the company is on.
    pub plan: Option<PlanName>,
    /// `None` takes back what was set before.
    pub rate: Option<Rate>,
    /// Of a promotion.
    pub ends_at: Option<Timestamp>,
    pub reason: String,
}

impl Content {
    /// Nothing counts on this ground from then on.
    fn takes_back(&self) -> bool {
        match self.kind {
            TermKind::Membership => self.plan.is_none(),
            _ => self.rate.is_none(),
        }
    }
}

/// One term, as it was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommissionTerm {
    /// Rises: what is set later has a higher one.
    pub number: i64,
    pub id: CommissionTermId,
    pub content: Content,
    pub starts_at: Timestamp,
    pub set_by: UserId,
    pub set_at: Timestamp,
}

impl CommissionTerm {
    /// As the rule wants it; `None` of what says only which plan a company is on.
    pub fn for_rule(&self) -> Option<Term> {
        let ground = match self.content.kind {
            TermKind::Membership => return None,
            TermKind::Plan => Ground::Plan,
            TermKind::Company => Ground::Company,
            TermKind::Promotion => Ground::Promotion,
        };
        let Content { rate, ends_at, .. } = self.content;
        Some(Term { ground, rate, starts_at: self.starts_at, ends_at })
    }
}

/// What somebody wants to set.
#[derive(Debug, Clone)]
pub struct Wish {
    pub content: Content,
    /// `None` is at once.
    pub starts_at: Option<Timestamp>,
}

impl Wish {
    /// From when it counts; `None` where it has been said already, and nothing is to be set. `newest` is what was last set of the
    /// same kind for the same company or plan.
    pub fn begins(&self, newest: Option<&CommissionTerm>, now: Timestamp) -> Result<Option<Timestamp>, TermError> {
        if self.content.ends_at.is_some_and(|end| end <= self.starts_at.unwrap_or(now).max(now)) {
            return Err(TermError::EndsTooEarly);
        }
        let is_said = match newest {
            Some(newest) => self.is_said_by(newest, now),
            None => self.content.takes_back(),
        };
        if is_said {
            return Ok(None);
        }
        match self.starts_at {
            Some(starts_at) if starts_at < now => Err(TermError::StartsInThePast),
            starts_at => Ok(Some(starts_at.unwrap_or(now))),
        }
    }

    fn is_said_by(&self, newest: &CommissionTerm, now: Timestamp) -> bool {
        let begins_alike = match self.starts_at {
            Some(starts_at) => newest.starts_at == starts_at,
            None => newest.starts_at <= now,
        };
        begins_alike && newest.content == self.content
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour)
    }

    fn content(kind: TermKind, ppm: Option<i64>, ends: Option<i64>) -> Content {
        Content {
            kind,
            company_id: Some(CompanyId::from_uuid(uuid::Uuid::from_u128(1))),
            plan: None,
            rate: ppm.map(|ppm| Rate::from_ppm(ppm).unwrap()),
            ends_at: ends.map(at),
            reason: "Agreed".to_owned(),
        }
    }

    fn set(content: Content, hour: i64) -> CommissionTerm {
        let (id, set_by) = (CommissionTermId::new(), UserId::new());
        CommissionTerm { number: 1, id, content, starts_at: at(hour), set_by, set_at: at(hour) }
    }

    fn begins(content: &Content, starts: Option<i64>, newest: Option<&CommissionTerm>, now: i64) -> Option<Timestamp> {
        Wish { content: content.clone(), starts_at: starts.map(at) }.begins(newest, at(now)).unwrap()
    }

    #[test]
    fn what_has_been_said_is_not_set_again() {
        let five = content(TermKind::Company, Some(50_000), None);
        assert_eq!(begins(&five, None, None, 3), Some(at(3)));
        let set_five = set(five.clone(), 3);
        assert_eq!(begins(&five, None, Some(&set_five), 9), None);
        assert_eq!(begins(&five, Some(3), Some(&set_five), 9), None, "also when it has begun meanwhile");
        let other_reason = Content { reason: "Agreed anew".to_owned(), ..five.clone() };
        assert_eq!(begins(&other_reason, None, Some(&set_five), 9), Some(at(9)));
        // What is only announced does not hold yet.
        assert_eq!(begins(&five, None, Some(&set(five.clone(), 20)), 9), Some(at(9)));
    }

    #[test]
    fn nothing_is_taken_back_that_was_never_set() {
        let nothing = content(TermKind::Company, None, None);
        assert_eq!(begins(&nothing, None, None, 3), None);
        let five = set(content(TermKind::Company, Some(50_000), None), 1);
        assert_eq!(begins(&nothing, None, Some(&five), 3), Some(at(3)));
    }

    #[test]
    fn nothing_begins_in_the_past_and_a_promotion_ends_in_the_future_and_after_its_beginning() {
        let refused = |kind, ends, starts: Option<i64>| {
            let wish = Wish { content: content(kind, Some(0), ends), starts_at: starts.map(at) };
            wish.begins(None, at(5)).unwrap_err().to_string()
        };
        let early = TermError::EndsTooEarly.to_string();
        assert_eq!(refused(TermKind::Promotion, Some(5), None), early);
        assert_eq!(refused(TermKind::Promotion, Some(4), Some(1)), early);
        assert_eq!(refused(TermKind::Promotion, Some(8), Some(8)), early);
        assert_eq!(refused(TermKind::Company, None, Some(4)), TermError::StartsInThePast.to_string());
        let promotion = content(TermKind::Promotion, Some(0), Some(9));
        assert_eq!(begins(&promotion, Some(8), None, 5), Some(at(8)));
    }

    #[test]
    fn plans_have_plain_names() {
        for good in ["a", "gold", "pro-2027", "0", &"x".repeat(63)] {
            assert_eq!(good.parse::<PlanName>().unwrap().as_str(), good);
        }
        for bad in ["", "-gold", "Gold", "go ld", "gold/1", "größe", "gold\n", &"x".repeat(64)] {
            assert_eq!(bad.parse::<PlanName>(), Err(BadPlanName), "{bad}");
        }
    }
}

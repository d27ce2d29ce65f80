//! What comes back when a booking is cancelled: the same pure function for the quote and for the cancellation.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use kernel::{Money, MoneyError, Percent};
use serde::{Deserialize, Serialize};

/// Tiers, the earliest first. A cancellation gets the first tier it is early enough for; later than all, nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct CancellationPolicy(Vec<CancellationTier>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancellationTier {
    /// Elapsed hours before the original start.
    #[schema(minimum = 0, maximum = 8760)]
    pub min_hours_before: i32,
    pub refund_percent: Percent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    #[error("min_hours_before is 0 to 8760")]
    OutOfRange,
    #[error("min_hours_before must differ")]
    Duplicate,
}

const MAX_HOURS: i32 = 8760;

impl CancellationPolicy {
    pub fn new(mut tiers: Vec<CancellationTier>) -> Result<Self, PolicyError> {
        if tiers.iter().any(|tier| !(0..=MAX_HOURS).contains(&tier.min_hours_before)) {
            return Err(PolicyError::OutOfRange);
        }
        tiers.sort_by_key(|tier| std::cmp::Reverse(tier.min_hours_before));
        let duplicate = tiers.windows(2).any(|pair| pair[0].min_hours_before == pair[1].min_hours_before);
        if duplicate { Err(PolicyError::Duplicate) } else { Ok(Self(tiers)) }
    }

    /// The policy that gives back, at every instant, what the strictest of several gives back then.
    pub fn strictest(policies: &[Self]) -> Self {
        let hours: BTreeSet<i32> =
            policies.iter().flat_map(|policy| &policy.0).map(|tier| tier.min_hours_before).collect();
        let percent_at = |policy: &Self, hours: i32| {
            policy.tier(SignedDuration::from_hours(hours.into())).map_or(Percent::ZERO, |tier| tier.refund_percent)
        };
        let tiers = hours.into_iter().rev().map(|min_hours_before| {
            let percents = policies.iter().map(|policy| percent_at(policy, min_hours_before));
            CancellationTier { min_hours_before, refund_percent: percents.min().unwrap_or(Percent::ZERO) }
        });
        Self(tiers.collect())
    }

    fn tier(&self, until_start: SignedDuration) -> Option<CancellationTier> {
        let early_enough =
            |tier: &&CancellationTier| until_start >= SignedDuration::from_hours(tier.min_hours_before.into());
        self.0.iter().find(early_enough).copied()
    }
}

/// Who cancels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Canceller {
    Customer,
    Company,
}

impl Canceller {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Company => "company",
        }
    }

    pub fn from_column(text: &str) -> Option<Self> {
        [Self::Customer, Self::Company].into_iter().find(|canceller| canceller.as_str() == text)
    }
}

/// Why a cancellation costs what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CancellationRule {
    /// There is nothing to give back.
    NothingPaid,
    /// The studio cancels: everything comes back.
    CompanyCancels,
    /// Soon enough after booking.
    GracePeriod {
        #[schema(value_type = String, format = DateTime)]
        until: Timestamp,
    },
    Tier {
        min_hours_before: i32,
        refund_percent: Percent,
    },
    /// Later than every tier, or the booking has begun.
    NoRefund,
}

/// What comes back and what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settlement {
    pub refund: Money,
    pub fee: Money,
    pub rule: CancellationRule,
}

/// What a cancellation is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    pub policy: &'a CancellationPolicy,
    /// As it is now; later or earlier than the original start where the booking was moved.
    pub starts_at: Timestamp,
    pub original_starts_at: Timestamp,
    pub free_until: Timestamp,
    /// Paid and not given back yet.
    pub kept: Money,
}

/// Refund and fee always sum to what is kept.
pub fn settle(terms: &Terms<'_>, by: Canceller, now: Timestamp) -> Result<Settlement, MoneyError> {
    let kept = terms.kept;
    let rule = rule(terms, by, now);
    let refund = match rule {
        CancellationRule::CompanyCancels | CancellationRule::GracePeriod { .. } => kept,
        CancellationRule::Tier { refund_percent, .. } => kept.percent(refund_percent)?,
        CancellationRule::NothingPaid | CancellationRule::NoRefund => kept.currency.zero(),
    };
    Ok(Settlement { refund, fee: kept.checked_sub(refund)?, rule })
}

fn rule(terms: &Terms<'_>, by: Canceller, now: Timestamp) -> CancellationRule {
    if terms.kept.is_zero() {
        return CancellationRule::NothingPaid;
    }
    if by == Canceller::Company {
        return CancellationRule::CompanyCancels;
    }
    // Who is in the room already has it, also where it was moved here from a later day.
    if now > terms.starts_at {
        return CancellationRule::NoRefund;
    }
    if now < terms.free_until && now < terms.original_starts_at {
        return CancellationRule::GracePeriod { until: terms.free_until };
    }
    match terms.policy.tier(now.duration_until(terms.original_starts_at)) {
        Some(CancellationTier { min_hours_before, refund_percent }) => {
            CancellationRule::Tier { min_hours_before, refund_percent }
        }
        None => CancellationRule::NoRefund,
    }
}

#[cfg(test)]
mod tests {
    use kernel::Currency;
    use proptest::prelude::*;

    use super::*;

    fn policy() -> CancellationPolicy {
        let tier = |hours, percent: &str| CancellationTier {
            min_hours_before: hours,
            refund_percent: percent.parse().unwrap(),
        };
        CancellationPolicy::new(vec![tier(24, "50"), tier(168, "100"), tier(0, "10")]).unwrap()
    }

    fn eur(amount: i64) -> Money {
        Money::new(amount, Currency::EUR)
    }

    fn start() -> Timestamp {
        "2027-03-28T10:00:00Z".parse().unwrap()
    }

    fn check(before: &str, by: Canceller, refund: i64, rule: &str) {
        let policy = policy();
        let free_until = start() - SignedDuration::from_hours(24 * 30);
        let terms =
            Terms { policy: &policy, starts_at: start(), original_starts_at: start(), free_until, kept: eur(9_999) };
        let now = start() - before.parse::<SignedDuration>().unwrap();
        let settlement = settle(&terms, by, now).unwrap();
        assert_eq!(settlement.refund, eur(refund), "{before}");
        let json = serde_json::to_value(settlement.rule).unwrap();
        assert_eq!(json["kind"], rule, "{before}");
    }

    #[test]
    fn the_tier_counts_elapsed_time_to_the_second() {
        check("168h", Canceller::Customer, 9_999, "tier");
        check("167h59m59s", Canceller::Customer, 5_000, "tier");
        check("24h", Canceller::Customer, 5_000, "tier");
        check("23h59m59s", Canceller::Customer, 1_000, "tier");
        check("0s", Canceller::Customer, 1_000, "tier");
        check("-1s", Canceller::Customer, 0, "no_refund");
        check("-1s", Canceller::Company, 9_999, "company_cancels");
        check("800h", Canceller::Customer, 9_999, "grace_period");
    }

    #[test]
    fn a_grace_period_ends_at_its_instant_and_never_reaches_past_the_start() {
        let policy = CancellationPolicy::default();
        let terms = Terms {
            policy: &policy,
            starts_at: start(),
            original_starts_at: start(),
            free_until: start() + SignedDuration::from_hours(1),
            kept: eur(100),
        };
        let refund = |now| settle(&terms, Canceller::Customer, now).unwrap().refund.amount;
        assert_eq!(refund(start() - SignedDuration::from_secs(1)), 100);
        assert_eq!(refund(start()), 0);
        let terms = Terms { free_until: start() - SignedDuration::from_hours(2), ..terms };
        assert_eq!(settle(&terms, Canceller::Customer, terms.free_until).unwrap().refund.amount, 0);
    }

    /// Moved to an earlier day, a week of it would be left to the original start.
    #[test]
    fn what_has_begun_gives_nothing_back_whatever_the_original_start() {
        let policy = policy();
        let starts_at = start() - SignedDuration::from_hours(200);
        let free_until = start();
        let terms = Terms { policy: &policy, starts_at, original_starts_at: start(), free_until, kept: eur(100) };
        let refund = |by, secs| settle(&terms, by, starts_at + SignedDuration::from_secs(secs)).unwrap().refund.amount;
        assert_eq!((refund(Canceller::Customer, 0), refund(Canceller::Customer, 1)), (100, 0));
        assert_eq!(refund(Canceller::Company, 1), 100);
        // Moved to a later day it is judged by the original start alone.
        let terms = Terms { starts_at: start() + SignedDuration::from_hours(9_000), free_until: starts_at, ..terms };
        let settled = settle(&terms, Canceller::Customer, start() - SignedDuration::from_hours(24)).unwrap();
        assert_eq!(settled.refund.amount, 50);
    }

    #[test]
    fn tiers_are_in_range_and_differ() {
        let tier = |hours| CancellationTier { min_hours_before: hours, refund_percent: Percent::HUNDRED };
        assert_eq!(CancellationPolicy::new(vec![tier(-1)]), Err(PolicyError::OutOfRange));
        assert_eq!(CancellationPolicy::new(vec![tier(8761)]), Err(PolicyError::OutOfRange));
        assert_eq!(CancellationPolicy::new(vec![tier(5), tier(5)]), Err(PolicyError::Duplicate));
    }

    fn any_policy() -> impl Strategy<Value = CancellationPolicy> {
        prop::collection::btree_map(0_i32..50, 0_u32..=100, 0..4).prop_map(|tiers| {
            let tiers = tiers.into_iter().map(|(min_hours_before, percent)| CancellationTier {
                min_hours_before,
                refund_percent: Percent::new(percent.into()).unwrap(),
            });
            CancellationPolicy::new(tiers.collect()).unwrap()
        })
    }

    proptest! {
        #[test]
        fn the_strictest_policy_gives_what_the_strictest_gives(
            policies in prop::collection::vec(any_policy(), 1..4), hours in -5_i64..60,
        ) {
            let refund = |policy: &CancellationPolicy| {
                let free_until = Timestamp::UNIX_EPOCH;
                let (starts_at, kept) = (start(), eur(10_000));
                let terms = Terms { policy, starts_at, original_starts_at: starts_at, free_until, kept };
                let now = start() - SignedDuration::from_hours(hours);
                settle(&terms, Canceller::Customer, now).unwrap().refund
            };
            let least = policies.iter().map(|policy| refund(policy).amount).min().unwrap();
            prop_assert_eq!(refund(&CancellationPolicy::strictest(&policies)).amount, least);
        }

        #[test]
        fn refund_and_fee_are_what_was_kept(
            kept in 0_i64..1_000_000_000, hours_before in -100_i64..400, company in any::<bool>(),
            tiers in prop::collection::btree_map(0_i32..400, 0_u32..=10_000, 0..5),
        ) {
            let tiers = tiers.into_iter().map(|(hours, basis_points)| CancellationTier {
                min_hours_before: hours,
                refund_percent: Percent::new(rust_decimal::Decimal::new(basis_points.into(), 2)).unwrap(),
            });
            let policy = CancellationPolicy::new(tiers.collect()).unwrap();
            let terms = Terms {
                policy: &policy, starts_at: start(), original_starts_at: start(), free_until: Timestamp::UNIX_EPOCH,
                kept: eur(kept),
            };
            let by = if company { Canceller::Company } else { Canceller::Customer };
            let now = start() - SignedDuration::from_hours(hours_before);
            let settlement = settle(&terms, by, now).unwrap();
            prop_assert_eq!(settlement.refund.amount + settlement.fee.amount, kept);
            prop_assert!(settlement.refund.amount >= 0 && settlement.fee.amount >= 0);
            prop_assert!(!company || settlement.fee.is_zero());
        }
    }
}

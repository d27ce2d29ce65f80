//! When a company is paid; pure. Days begin at midnight UTC, and payouts are made at six in the morning: in all of Europe
//! and Africa that is a working day's beginning, and everywhere it is one instant that people can look up.

use jiff::{Timestamp, Zoned, civil::Weekday, tz::TimeZone};
use kernel::{CompanyId, UserId};

use crate::stored::text_enum;

text_enum! {
    #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
    #[serde(rename_all = "lowercase")]
    pub enum Frequency {
        Manual = "manual",
        Daily = "daily",
        /// On Mondays.
        Weekly = "weekly",
        /// On the first.
        Monthly = "monthly",
    }
}

const HOUR: i8 = 6;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    pub company_id: CompanyId,
    pub frequency: Frequency,
    /// Minor units of the account's currency.
    pub minimum: i64,
    /// `None` for manual ones.
    pub next_at: Option<Timestamp>,
    pub updated_by: UserId,
    pub updated_at: Timestamp,
}

impl Schedule {
    /// What a company has that has chosen nothing.
    pub const NOTHING_CHOSEN: Frequency = Frequency::Manual;
}

impl Frequency {
    /// The first instant after `now` at which companies are paid.
    pub fn next_run(self, now: Timestamp) -> Option<Timestamp> {
        let today = now.to_zoned(TimeZone::UTC).date();
        let days = today.series(jiff::Span::new().days(1));
        let instant = |date: jiff::civil::Date| date.at(HOUR, 0, 0, 0).to_zoned(TimeZone::UTC).ok();
        let runs = days.filter(|date| self.runs_on(*date)).filter_map(instant).map(|zoned: Zoned| zoned.timestamp());
        // A month has at most 31 days.
        if self == Self::Manual { None } else { runs.take(2).find(|at| *at > now) }
    }

    fn runs_on(self, date: jiff::civil::Date) -> bool {
        match self {
            Self::Manual => false,
            Self::Daily => true,
            Self::Weekly => date.weekday() == Weekday::Monday,
            Self::Monthly => date.day() == 1,
        }
    }

    /// The period that is paid for at `at`: a day, a week of ISO 8601, or a month. `None` for manual ones.
    pub fn period(self, at: Timestamp) -> Option<String> {
        let date = at.to_zoned(TimeZone::UTC).date();
        match self {
            Self::Manual => None,
            Self::Daily => Some(date.to_string()),
            Self::Weekly => {
                let week = date.iso_week_date();
                Some(format!("{}-W{:02}", week.year(), week.week()))
            }
            Self::Monthly => Some(format!("{}-{:02}", date.year(), date.month())),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(frequency: Frequency, now: &str, next: &str, period: &str) {
        let next_run = frequency.next_run(now.parse().unwrap()).unwrap();
        assert_eq!((next_run.to_string().as_str(), frequency.period(next_run).as_deref()), (next, Some(period)));
    }

    #[test]
    fn companies_are_paid_at_six_in_the_morning() {
        check(Frequency::Daily, "2027-03-01T05:59:59Z", "2027-03-01T06:00:00Z", "2027-03-01");
        check(Frequency::Daily, "2027-03-01T06:00:00Z", "2027-03-02T06:00:00Z", "2027-03-02");
        check(Frequency::Weekly, "2027-03-01T05:00:00Z", "2027-03-01T06:00:00Z", "2027-W09");
        check(Frequency::Weekly, "2027-03-01T06:00:00Z", "2027-03-08T06:00:00Z", "2027-W10");
        check(Frequency::Weekly, "2026-12-29T06:00:00Z", "2027-01-04T06:00:00Z", "2027-W01");
        check(Frequency::Monthly, "2027-01-31T12:00:00Z", "2027-02-01T06:00:00Z", "2027-02");
        check(Frequency::Monthly, "2027-12-01T06:00:00Z", "2028-01-01T06:00:00Z", "2028-01");
        assert_eq!(Frequency::Manual.next_run(Timestamp::UNIX_EPOCH), None);
    }

    proptest! {
        #[test]
        fn the_next_run_is_of_another_period(second in 1_700_000_000_i64..2_500_000_000, kind in 0..3_usize) {
            let frequency = [Frequency::Daily, Frequency::Weekly, Frequency::Monthly][kind];
            let now = Timestamp::from_second(second).unwrap();
            let first = frequency.next_run(now).unwrap();
            let second = frequency.next_run(first).unwrap();
            prop_assert!(now < first && first < second);
            prop_assert!(frequency.period(first) != frequency.period(second));
        }
    }
}

//! Which days are asked for, and sums over them; pure.

use std::collections::BTreeMap;

use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use kernel::Currency;
use serde::{Deserialize, Serialize};

/// Days of one answer.
const MOST_DAYS: i32 = 92;

/// Where no first day is named.
const USUAL_DAYS: i32 = 30;

/// Days of the UTC calendar, the first and the last included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    pub from: Date,
    pub to: Date,
}

/// Why days cannot be asked for: the parameter, and what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadDays(pub &'static str, pub &'static str);

impl Days {
    /// Up to `today`, and the 30 days that end there, where nothing else is asked for.
    pub fn asked(from: Option<&str>, to: Option<&str>, today: Date) -> Result<Self, BadDays> {
        let day = |name, text: Option<&str>| {
            text.map(|text| text.parse::<Date>().map_err(|_| BadDays(name, "expected a date, YYYY-MM-DD"))).transpose()
        };
        let (from, to) = (day("/from", from)?, day("/to", to)?.unwrap_or(today));
        let from = match from {
            Some(from) => from,
            None => to.checked_sub(Span::new().days(USUAL_DAYS - 1)).map_err(|_| BadDays("/to", "too early"))?,
        };
        // Nothing was ever booked before that, nor can be beyond.
        if from.year() < 2000 || to.year() > 9000 {
            return Err(BadDays("/from", "expected days of the years 2000 to 9000"));
        }
        match to.since(from).map(|span| span.get_days()) {
            Ok(days) if (0..MOST_DAYS).contains(&days) => Ok(Self { from, to }),
            _ => Err(BadDays("/to", "expected 1 to 92 days, the last one not before the first")),
        }
    }

    /// The first instant, and the first one that comes too late.
    pub fn instants(self) -> (Timestamp, Timestamp) {
        // No date of the years above is beyond what a timestamp can be.
        let start = |date: Date| date.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |zoned| zoned.timestamp());
        (start(self.from), start(self.to.saturating_add(Span::new().days(1))))
    }
}

/// How many, and how much in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Moved {
    pub count: i64,
    pub amount: i64,
}

impl std::ops::AddAssign for Moved {
    fn add_assign(&mut self, other: Self) {
        self.count += other.count;
        self.amount += other.amount;
    }
}

/// What the ledger counts, in minor units of one currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Figures {
    /// Received through providers.
    pub payments: Moved,
    /// Taken at the desks of companies.
    pub desk_payments: Moved,
    /// Paid back through providers.
    pub refunds: Moved,
    /// Of these, what did not reach its customers and came back.
    pub refunds_returned: Moved,
    /// Handed back at desks.
    pub desk_refunds: Moved,
    pub disputes_opened: Moved,
    pub disputes_won: Moved,
    pub disputes_lost: Moved,
    /// Sent to companies.
    pub payouts: Moved,
    /// Sent back by the provider or the bank.
    pub payouts_returned: Moved,
    /// The platform's, net, less what refunds gave back.
    pub commission: i64,
    /// VAT on the commission.
    pub tax: i64,
    /// What providers kept.
    pub provider_fees: i64,
}

impl std::ops::AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.payments += other.payments;
        self.desk_payments += other.desk_payments;
        self.refunds += other.refunds;
        self.refunds_returned += other.refunds_returned;
        self.desk_refunds += other.desk_refunds;
        self.disputes_opened += other.disputes_opened;
        self.disputes_won += other.disputes_won;
        self.disputes_lost += other.disputes_lost;
        self.payouts += other.payouts;
        self.payouts_returned += other.payouts_returned;
        self.commission += other.commission;
        self.tax += other.tax;
        self.provider_fees += other.provider_fees;
    }
}

/// One day in one currency.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DayFigures {
    #[schema(value_type = String, format = Date)]
    pub date: Date,
    pub currency: Currency,
    #[serde(flatten)]
    pub figures: Figures,
}

/// All the days in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TotalFigures {
    pub currency: Currency,
    #[serde(flatten)]
    pub figures: Figures,
}

pub fn totals(days: &[DayFigures]) -> Vec<TotalFigures> {
    let mut by_currency: BTreeMap<Currency, Figures> = BTreeMap::new();
    for day in days {
        *by_currency.entry(day.currency).or_default() += day.figures;
    }
    by_currency.into_iter().map(|(currency, figures)| TotalFigures { currency, figures }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = Date::constant(2027, 3, 31);

    #[test]
    fn days_are_bounded_and_default_to_the_last_thirty() {
        let asked = |from, to| Days::asked(from, to, TODAY).map(|days| (days.from.to_string(), days.to.to_string()));
        let days = |from: &str, to: &str| Ok((from.to_owned(), to.to_owned()));
        assert_eq!(asked(None, None), days("2027-03-02", "2027-03-31"));
        assert_eq!(asked(None, Some("2027-01-30")), days("2027-01-01", "2027-01-30"));
        assert_eq!(asked(Some("2027-03-31"), None), days("2027-03-31", "2027-03-31"));
        assert_eq!(asked(Some("2026-12-30"), None), days("2026-12-30", "2027-03-31"));
        let refused = |from, to| Days::asked(from, to, TODAY).unwrap_err().0;
        assert_eq!(refused(Some("2026-12-29"), None), "/to", "93 days");
        assert_eq!(refused(Some("2027-04-01"), None), "/to", "backwards");
        assert_eq!(refused(Some("yesterday"), None), "/from");
        assert_eq!(refused(Some("1999-12-31"), Some("2000-01-02")), "/from");
        assert_eq!(refused(None, Some("-9999-01-01")), "/to");
        assert_eq!(refused(Some("9998-12-31"), Some("9999-12-31")), "/from");
    }

    #[test]
    fn the_last_day_counts_as_a_whole() {
        let (from, to) = Days::asked(Some("2027-03-30"), None, TODAY).unwrap().instants();
        assert_eq!((from.to_string(), to.to_string()), ("2027-03-30T00:00:00Z".into(), "2027-04-01T00:00:00Z".into()));
    }

    #[test]
    fn totals_are_by_currency() {
        let day = |date, currency, amount| DayFigures {
            date,
            currency,
            figures: Figures { payments: Moved { count: 1, amount }, commission: amount / 10, ..Figures::default() },
        };
        let yesterday = TODAY.yesterday().unwrap();
        let days =
            [day(yesterday, Currency::EUR, 500), day(yesterday, Currency::JPY, 70), day(TODAY, Currency::EUR, 200)];
        let [euros, yen] = totals(&days)[..] else { panic!() };
        assert_eq!((euros.currency, euros.figures.payments), (Currency::EUR, Moved { count: 2, amount: 700 }));
        assert_eq!((euros.figures.commission, yen.figures.payments.amount), (70, 70));
    }
}

//! By what kinds of methods a payment may be made.
//!
//! A card says yes or no at once. A debit from a bank account is certain only days after the customer has agreed, and may fail then.
//! It is offered where waiting costs nobody anything: nothing is let go meanwhile, and a debit that fails leaves owed what was owed,
//! with time enough to pay it before the booking begins.

use jiff::{SignedDuration, Timestamp};
use kernel::Currency;
use providers::MethodKinds;

use crate::payables::Payable;

/// After so long a debit has been paid, or has failed (<https://docs.stripe.com/payments/sepa-debit>).
const LONGEST_DEBIT: SignedDuration = SignedDuration::from_hours(14 * 24);

pub fn kinds_of_methods(payable: &Payable, is_held: bool, now: Timestamp) -> MethodKinds {
    let lapses = payable.expires_at.is_some();
    // When it begins is not known of one that has not changed for long: then it may be soon.
    let has_time = payable.starts_at.is_some_and(|starts_at| now + LONGEST_DEBIT < starts_at);
    if !is_held && !lapses && has_time && payable.currency == Currency::EUR {
        MethodKinds::Delayed
    } else {
        MethodKinds::Immediate
    }
}

#[cfg(test)]
mod tests {
    use kernel::{BookingId, CompanyId};

    use super::*;
    use crate::payables::{PayableRef, PayableState};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn balance() -> Payable {
        Payable {
            reference: PayableRef::Booking(BookingId::new()),
            version: 2,
            state: PayableState::Open,
            company_id: CompanyId::new(),
            company_country: "DE".to_owned(),
            customer_user_id: None,
            description: "Room 1".to_owned(),
            currency: Currency::EUR,
            subtotal: 10_000,
            total: 11_900,
            deposit_due: 0,
            amount_paid: 3_000,
            credited: 0,
            expires_at: None,
            starts_at: Some(at("2027-03-15T10:00:01Z")),
            ends_at: Some(at("2027-03-15T12:00:00Z")),
        }
    }

    #[test]
    fn a_debit_is_offered_only_where_waiting_for_it_costs_nobody_anything() {
        type Change = fn(&mut Payable);
        let cases: [(&str, bool, Change, MethodKinds); 7] = [
            ("a balance with time", false, |_| {}, MethodKinds::Delayed),
            ("money that is held", true, |_| {}, MethodKinds::Immediate),
            ("a hold", false, |p| p.expires_at = Some(at("2027-03-01T10:30:00Z")), MethodKinds::Immediate),
            ("another currency", false, |p| p.currency = Currency::GBP, MethodKinds::Immediate),
            ("fourteen days", false, |p| p.starts_at = Some(at("2027-03-15T10:00:00Z")), MethodKinds::Immediate),
            ("over already", false, |p| p.starts_at = Some(at("2027-02-01T10:00:00Z")), MethodKinds::Immediate),
            ("begins nobody knows when", false, |p| p.starts_at = None, MethodKinds::Immediate),
        ];
        for (case, is_held, change, kinds) in cases {
            let mut payable = balance();
            change(&mut payable);
            assert_eq!(kinds_of_methods(&payable, is_held, at("2027-03-01T10:00:00Z")), kinds, "{case}");
        }
    }
}

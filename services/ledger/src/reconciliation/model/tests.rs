use uuid::Uuid;

use super::*;

/// A month: payments in three currencies, one of no and one of three decimals, with their fees, some refunds and payouts.
struct Month {
    ours: Vec<Ours>,
    theirs: Vec<Theirs>,
}

fn currency(number: usize) -> Currency {
    ["EUR", "JPY", "KWD"][number % 3].parse().unwrap()
}

impl Month {
    fn new() -> Self {
        let mut month = Self { ours: Vec::new(), theirs: Vec::new() };
        for number in 0..2_200 {
            let amount = 1_000 + (number as i64 * 7_919) % 50_000;
            month.both(Class::Charge, number, amount);
            month.both(Class::Fee, number, -(amount * 29 / 1_000 + 25));
            if number % 5 == 0 {
                month.both(Class::Refund, number, -amount / 2);
            }
            if number % 14 == 0 {
                month.both(Class::Payout, number, -amount * 3);
            }
        }
        assert_eq!(month.theirs.len(), 4_998);
        month
    }

    fn both(&mut self, class: Class, number: usize, amount: i64) {
        let (reference, currency) = (format!("{}-{number}", class.as_str()), currency(number));
        let transfer = TransferId::from_uuid(Uuid::from_u128(self.ours.len() as u128 + 1));
        self.ours.push(Ours { transfer, class, reference: reference.clone(), currency, amount, inside: true });
        let id = format!("txn_{}", self.theirs.len());
        self.theirs.push(Theirs { id, class, reference: Some(reference), currency, amount, inside: true });
    }

    fn theirs(&mut self, class: Class, number: usize) -> &mut Theirs {
        let reference = format!("{}-{number}", class.as_str());
        self.theirs.iter_mut().find(|item| item.reference.as_deref() == Some(&reference)).unwrap()
    }
}

#[test]
fn a_month_that_agrees_raises_no_alarm() {
    let month = Month::new();
    let report = reconcile(&month.ours, &month.theirs);
    assert_eq!((report.matched, report.findings), (4_998, Vec::new()));
}

#[test]
fn exactly_the_planted_faults_are_found() {
    let mut month = Month::new();
    let is = |class: Class, number: usize| {
        let reference = format!("{}-{number}", class.as_str());
        move |item: Option<&str>| item == Some(reference.as_str())
    };
    // Missing there; a payout that is late is missing until it comes.
    let (lost, late) = (is(Class::Charge, 10), is(Class::Payout, 28));
    month.theirs.retain(|item| !lost(item.reference.as_deref()) && !late(item.reference.as_deref()));
    // Missing here.
    let forgotten = is(Class::Charge, 20);
    month.ours.retain(|item| !forgotten(Some(&item.reference)));
    // Delivered twice, a wrong amount, a fee that has drifted, a rounding.
    let copy = Theirs { id: "txn_copy".into(), ..month.theirs(Class::Charge, 30).clone() };
    month.theirs.push(copy);
    month.theirs(Class::Charge, 40).amount += 100;
    month.theirs(Class::Fee, 50).amount -= 3;
    month.theirs(Class::Refund, 55).amount -= 1;
    // An orphaned refund, a chargeback and a payout that came back, which the book has not heard of.
    for (class, id) in
        [(Class::Refund, "txn_orphan"), (Class::Dispute, "txn_chargeback"), (Class::PayoutReturn, "txn_back")]
    {
        let (reference, currency) = (None, Currency::EUR);
        month.theirs.push(Theirs { id: id.into(), class, reference, currency, amount: -500, inside: true });
    }
    let report = reconcile(&month.ours, &month.theirs);
    let mut found: Vec<(FindingKind, &str)> =
        report.findings.iter().map(|finding| (finding.kind, finding.reference.as_str())).collect();
    found.sort_unstable();
    let mut planted = vec![
        (FindingKind::MissingHere, "charge-20"),
        (FindingKind::MissingHere, "txn_back"),
        (FindingKind::MissingHere, "txn_chargeback"),
        (FindingKind::MissingHere, "txn_orphan"),
        (FindingKind::MissingThere, "charge-10"),
        (FindingKind::MissingThere, "payout-28"),
        (FindingKind::DifferentAmount, "charge-40"),
        (FindingKind::DifferentAmount, "fee-50"),
        (FindingKind::DifferentAmount, "refund-55"),
        (FindingKind::Duplicated, "charge-30"),
    ];
    planted.sort_unstable();
    assert_eq!(found, planted);
    assert_eq!(report.matched, 4_998 - 7);
}

#[test]
fn amounts_of_different_currencies_are_never_compared() {
    let ours = Ours {
        transfer: TransferId::new(),
        class: Class::Charge,
        reference: "pay".into(),
        currency: Currency::EUR,
        amount: 100,
        inside: true,
    };
    let theirs = Theirs {
        id: "txn".into(),
        class: Class::Charge,
        reference: Some("pay".into()),
        currency: Currency::GBP,
        amount: 100,
        inside: true,
    };
    let kinds: Vec<FindingKind> = reconcile(&[ours], &[theirs]).findings.iter().map(|finding| finding.kind).collect();
    assert_eq!(kinds, [FindingKind::MissingThere, FindingKind::MissingHere]);
}

#[test]
fn what_lies_outside_is_only_the_other_side_of_what_lies_inside() {
    let mut month = Month::new();
    month.ours.iter_mut().for_each(|item| item.inside = false);
    month.theirs.iter_mut().for_each(|item| item.inside = item.class == Class::Charge);
    month.ours.retain(|item| item.class != Class::Refund);
    let report = reconcile(&month.ours, &month.theirs);
    assert_eq!((report.matched, report.findings), (2_200, Vec::new()));
}

#[test]
fn classes_are_written_and_read_alike() {
    for class in Class::ALL {
        assert_eq!(Class::parse(class.as_str()), Some(class));
    }
    assert_eq!(Class::of_kind("unallocated_refunded"), Some(Class::Refund));
    assert_eq!(Class::of_kind("share_released"), None);
}

#[test]
fn several_parts_of_one_fee_go_back_under_one_reference() {
    let ours = |amount| Ours {
        transfer: TransferId::new(),
        class: Class::ApplicationFeeRefund,
        reference: "pay".into(),
        currency: Currency::EUR,
        amount,
        inside: true,
    };
    let theirs = |amount: i64| Theirs {
        id: format!("txn{amount}"),
        class: Class::ApplicationFeeRefund,
        reference: Some("pay".into()),
        currency: Currency::EUR,
        amount,
        inside: true,
    };
    let same = reconcile(&[ours(-357), ours(-714)], &[theirs(-714), theirs(-357)]);
    assert_eq!((same.matched, same.findings.len()), (1, 0));
    let drifted = reconcile(&[ours(-357), ours(-714)], &[theirs(-714), theirs(-356)]);
    assert_eq!(drifted.findings[0].kind, FindingKind::DifferentAmount);
}

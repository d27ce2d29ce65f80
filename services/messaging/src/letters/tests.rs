use kernel::{Currency, Money};
use url::Url;

use super::*;
use crate::bookings::BookingFacts;

fn booking() -> BookingFacts {
    BookingFacts {
        studio_name: "Funkhaus".to_owned(),
        room_name: "Saal 1".to_owned(),
        starts_at: "2027-03-26T17:00:00Z".parse().unwrap(),
        ends_at: "2027-03-26T19:00:00Z".parse().unwrap(),
        time_zone: "Europe/Berlin".to_owned(),
        total: Money::new(10_710, Currency::EUR),
        amount_paid: Money::new(10_710, Currency::EUR),
        guest: None,
    }
}

fn shown(letter: &Letter) -> String {
    let (text, _) = letter.render().unwrap();
    format!("Subject: {}\n\n{text}", letter.subject)
}

#[test]
fn letters_read_well() {
    let link = Url::parse("https://roomtone.example/verify-email?token=s3cret").unwrap();
    let (booking, refund) = (booking(), Money::new(5_355, Currency::EUR));
    let all = [
        account::verify_email("Ada", &link),
        account::session_reused("Ada"),
        account::invitation("Funkhaus", "staff", "Ben", &link),
        account::invitation("win at evil.example", "staff", "http://evil.example", &link),
        booking::confirmed("Ada", &booking),
        booking::declined("Ada", &booking),
        booking::expired("Ada", &booking),
        booking::cancelled("Ada", &booking, refund, false),
        booking::cancelled("Ada", &booking, refund, true),
        company::requested("Ben", &booking),
        company::confirmed("Ben", &booking),
        company::cancelled("Ben", &booking, refund, false),
        company::cancelled("Ben", &booking, refund, true),
        payment::receipt("Ada", "2027-000001", booking.total, Some(&booking)),
        payment::receipt("Ada", "2027-000002", Money::new(9_000, Currency::JPY), None),
        payment::refund("Ada", refund, "cancellation", Some(&booking)),
        payment::refund("Ada", refund, "orphan", Some(&booking)),
        payment::refund("Ada", refund, "requested", None),
        account::reset_password("Ada", &link),
        account::password_changed("Ada", true),
        account::password_changed("Ada", false),
        account::confirm_current_email("Ada", "ada@new.example", &link),
        account::confirm_new_email("Ada", &link),
        account::email_changed("Ada"),
        account::second_factor_changed("Ada", "totp_enabled"),
        account::second_factor_changed("Ada", "totp_disabled"),
        account::second_factor_changed("Ada", "recovery_codes_replaced"),
        account::second_factor_changed("Ada", "recovery_code_used"),
        account::second_factor_changed("Ada", "passkey_added"),
        account::second_factor_changed("Ada", "passkey_removed"),
        account::second_factor_changed("Ada", "api_key_created"),
    ];
    insta::assert_snapshot!(all.each_ref().map(shown).join("\n----------\n"));
}

#[test]
fn the_html_of_a_letter() {
    let link = Url::parse("https://roomtone.example/verify-email?token=s3cret").unwrap();
    insta::assert_snapshot!("verify_html", account::verify_email("Ada", &link).render().unwrap().1);
    insta::assert_snapshot!("confirmed_html", booking::confirmed("Ada", &booking()).render().unwrap().1);
}

#[test]
fn hostile_names_stay_words() {
    let hostile = BookingFacts {
        studio_name: "<script>alert(1)</script>".to_owned(),
        room_name: "\"><img src=x onerror=alert(1)>\r\nBcc: all@example.com".to_owned(),
        ..booking()
    };
    let letter = booking::confirmed("<b>Ada</b>", &hostile);
    let (text, html) = letter.render().unwrap();
    for markup in ["<script", "<img", "<b>"] {
        assert!(!html.contains(markup), "{html}");
    }
    assert!(!letter.subject.contains(['\r', '\n']));
    assert!(text.contains("<script>alert(1)</script>"), "text is text: {text}");
    insta::assert_snapshot!("hostile_html", html);
}

/// The mailbox and some clients take the first address of a mail for its link.
#[test]
fn the_only_address_in_a_mail_is_its_action() {
    let link = Url::parse("https://roomtone.example/verify-email?token=a%26b").unwrap();
    let (text, html) = account::verify_email("Ada", &link).render().unwrap();
    assert_eq!((text.matches("http").count(), html.matches("http").count()), (1, 1));
    let (text, html) = booking::confirmed("Ada", &booking()).render().unwrap();
    assert_eq!((text.matches("http").count(), html.matches("http").count()), (0, 0));
}

#[test]
fn a_moved_booking_says_what_it_was_and_a_reminder_until_when() {
    let (was, refund) = ("2027-03-25T17:00:00Z".parse().unwrap(), Money::new(500, Currency::EUR));
    let moved = shown(&booking::rescheduled("Ada", &booking(), was, refund, false));
    for words in ["Moved: Saal 1 at Funkhaus", "Thursday, 25 March 2027, 18:00", "5.00 EUR"] {
        assert!(moved.contains(words), "{words} in {moved}");
    }
    let nothing = Money::new(0, Currency::EUR);
    assert!(!shown(&booking::rescheduled("Ada", &booking(), was, nothing, true)).contains("Refund"));
    let reminder = shown(&booking::payment_reminder("Ada", &booking(), refund, was, true));
    for words in
        ["Please pay: Saal 1 at Funkhaus", "5.00 EUR", "Thursday, 25 March 2027, 18:00 (Europe/Berlin, UTC+01:00)"]
    {
        assert!(reminder.contains(words), "{words} in {reminder}");
    }
    let busy = (was, was + jiff::SignedDuration::from_hours(1));
    let conflict = shown(&company::calendar_conflict("Ben", &booking(), "Band calendar", busy.0, busy.1));
    assert!(conflict.contains("Band calendar") && conflict.contains("18:00 to 19:00"), "{conflict}");
}

#[test]
fn both_sides_read_that_a_refund_did_not_arrive() {
    let (amount, id) = (Money::new(5_355, Currency::EUR), kernel::PaymentId::new());
    let customer = shown(&payment::refund_failed("Ada", amount, Some(&booking())));
    for words in ["Your refund of 53.55 EUR did not arrive", "Funkhaus"] {
        assert!(customer.contains(words), "{words} in {customer}");
    }
    let company = shown(&company::refund_failed("Ben", amount, (id, "expired_or_canceled_card"), None));
    for words in ["Refund failed: 53.55 EUR", "expired_or_canceled_card", &id.to_string()] {
        assert!(company.contains(words), "{words} in {company}");
    }
}

#[test]
fn a_company_reads_until_when_it_may_take_what_it_holds() {
    let (amount, id) = (Money::new(20_000, Currency::EUR), kernel::PaymentId::new());
    let until = "2027-03-25T17:00:00Z".parse().unwrap();
    let letter = shown(&company::hold_not_renewed("Ben", amount, (id, "no_consent"), until, Some(&booking())));
    for words in ["Held no longer: 200.00 EUR", "Thursday, 25 March 2027, 18:00", "no_consent", "Saal 1"] {
        assert!(letter.contains(words), "{words} in {letter}");
    }
    let bare = shown(&company::hold_not_renewed("Ben", amount, (id, "no_consent"), until, None));
    assert!(bare.contains("17:00 (UTC"), "{bare}");
}

#[test]
fn whoever_is_asked_where_a_company_is_paid_is_greeted_by_no_strangers_link() {
    let link = Url::parse("https://roomtone.example/confirm-payout-address?token=s3cret").unwrap();
    let letter = shown(&company::confirm_payout_address("Funkhaus", &link));
    assert!(letter.contains("Confirm where Funkhaus is paid") && letter.contains(link.as_str()), "{letter}");
    let hostile = shown(&company::confirm_payout_address("http://evil.example", &link));
    assert!(hostile.contains("A company wants") && !hostile.contains("evil.example"), "{hostile}");
}

#[test]
fn a_company_reads_what_became_of_its_money_and_why() {
    let (amount, id) = (Money::new(500_000, Currency::EUR), kernel::PayoutId::new());
    let paid = shown(&company::payout_paid("Ben", amount, id));
    let failed = shown(&company::payout_failed("Ben", amount, id, "The bank account has been closed."));
    assert!(paid.contains("Paid out: 5") && paid.contains(&id.to_string()), "{paid}");
    assert!(failed.contains("in your balance again") && failed.contains("has been closed"), "{failed}");
}

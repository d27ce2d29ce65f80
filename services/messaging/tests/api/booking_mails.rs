use contracts::{
    auth::v1::MembershipChanged,
    booking::v1::{
        BookingConfirmed, BookingDeclined, BookingExpired, BookingHeld, BookingPaymentReminderDue, BookingRequested,
        BookingRescheduled, BookingState, WaitlistOffered,
    },
};
use kernel::UserId;
use serde_json::json;
use testkit::{envelope, eventually};

use crate::{
    mailbox::Mailbox,
    support::{self, CUSTOMER, OWNER, Story},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_booking_is_told_to_both_sides_with_place_and_local_time() {
    let mailbox = Mailbox::start();
    let (service, story) = support::begin(&mailbox).await;
    service.deliver(story.booking.uuid(), 2, &story.confirmed(2)).await;
    let mails = mailbox.wait_for(2).await;
    assert_eq!(mailbox.subjects(CUSTOMER), ["Confirmed: Saal 1 at Funkhaus"]);
    assert_eq!(mailbox.subjects(OWNER), ["New booking: Saal 1 at Funkhaus"]);
    for mail in mails {
        for part in ["text", "html"] {
            let part = mail[part].as_str().unwrap();
            for words in ["Funkhaus", "Saal 1", "18:00 to 20:00 (Europe/Berlin, UTC+01:00)", "107.10 EUR"] {
                assert!(part.contains(words), "{words} in {part}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_state_is_told_to_whom_it_concerns() {
    let mailbox = Mailbox::start();
    let (service, story) = support::begin(&mailbox).await;
    let id = story.booking.uuid();
    service.deliver(id, 1, &BookingRequested { booking: Some(story.state(1, "requested")) }).await;
    service.deliver(id, 2, &BookingHeld { booking: Some(story.state(2, "held")) }).await;
    service.deliver(id, 3, &BookingExpired { booking: Some(story.state(3, "expired")) }).await;
    service.deliver(id, 4, &BookingDeclined { booking: Some(story.state(4, "declined")) }).await;
    service.deliver(id, 5, &story.cancelled(5)).await;
    mailbox.wait_for(5).await;
    let customers = ["Cancelled: Saal 1 at Funkhaus", "Declined: Saal 1 at Funkhaus", "Expired: Saal 1 at Funkhaus"];
    assert_eq!(mailbox.subjects(CUSTOMER), customers);
    assert_eq!(mailbox.subjects(OWNER), ["Booking cancelled: Saal 1 at Funkhaus", "New request: Saal 1 at Funkhaus"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_waited_is_told_what_is_free_and_until_when() {
    let mailbox = Mailbox::start();
    let (service, story) = support::begin(&mailbox).await;
    let until: jiff::Timestamp = "2027-03-01T10:30:00Z".parse().unwrap();
    let offered = WaitlistOffered {
        entry_id: kernel::WaitlistEntryId::new().to_string(),
        booking: Some(story.state(1, "held")),
        offer_ends_at_micros: until.as_microsecond(),
    };
    service.deliver(kernel::new_uuid(), 2, &offered).await;
    let mails = mailbox.wait_for(1).await;
    assert_eq!(mailbox.subjects(CUSTOMER), ["Free for you: Saal 1 at Funkhaus"]);
    let text = mails[0]["text"].as_str().unwrap();
    assert!(text.contains("Monday, 1 March 2027, 11:30 (Europe/Berlin, UTC+01:00)"), "{text}");
    // An offer that is over by the time it is heard of is no news.
    service.deliver(story.booking.uuid(), 3, &BookingExpired { booking: Some(story.state(3, "expired")) }).await;
    mailbox.wait_for(2).await;
    service.deliver(kernel::new_uuid(), 2, &offered).await;
    service.run_jobs().await;
    assert_eq!(mailbox.mails().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_events_make_no_second_mail() {
    let mailbox = Mailbox::start();
    let (service, story) = support::begin(&mailbox).await;
    let confirmed = envelope(story.booking.uuid(), 2, service.now(), &story.confirmed(2));
    for _ in 0..3 {
        service.deliver_envelope(&confirmed).await;
    }
    mailbox.wait_for(2).await;
    // Even with the inbox gone, as after a replay from another process's backup.
    support::execute(&service, "DELETE FROM inbox").await;
    service.deliver_envelope(&confirmed).await;
    service.run_jobs().await;
    assert_eq!(mailbox.mails().len(), 2);
}

/// Many orders of a booking's life, each event twice: nobody hears the same twice, and nobody hears "confirmed" after
/// "cancelled".
#[tokio::test(flavor = "multi_thread")]
async fn events_in_any_order_never_tell_what_is_no_longer_so() {
    let mailbox = Mailbox::start();
    let service = support::start(&mailbox).await;
    for order in 0..10 {
        let (customer, owner) = (format!("ada{order}@example.com"), format!("ben{order}@example.com"));
        let story = Story::begin_as(&service, &customer, &owner).await;
        let (id, now) = (story.booking.uuid(), service.now());
        let mut events = [
            envelope(id, 1, now, &BookingHeld { booking: Some(story.state(1, "held")) }),
            envelope(id, 2, now, &story.confirmed(2)),
            envelope(kernel::new_uuid(), 1, now, &story.receipt()),
            envelope(id, 3, now, &story.cancelled(3)),
            envelope(kernel::new_uuid(), 1, now, &story.refund()),
        ];
        events.rotate_left(order % 5);
        if order >= 5 {
            events.reverse();
        }
        let position = |name: &str| events.iter().position(|event| event.event_type.contains(name)).unwrap();
        let confirmed_is_news = position("confirmed") < position("cancelled");
        for event in events.iter().chain(&events) {
            service.deliver_envelope(event).await;
        }
        let mut customers = vec!["Cancelled: Saal 1 at Funkhaus", "Receipt 2027-000001", "Refund of 53.55 EUR"];
        let mut owners = vec!["Booking cancelled: Saal 1 at Funkhaus"];
        if confirmed_is_news {
            customers.insert(1, "Confirmed: Saal 1 at Funkhaus");
            owners.push("New booking: Saal 1 at Funkhaus");
        }
        eventually("all mails arrive", async || {
            support::end_waiting(&service).await;
            service.run_jobs().await;
            support::pending(&service).await.is_empty().then_some(())
        })
        .await;
        assert_eq!(mailbox.subjects(&customer), customers, "order {order}");
        assert_eq!(mailbox.subjects(&owner), owners, "order {order}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_owners_and_managers_of_today_hear_of_bookings() {
    let mailbox = Mailbox::start();
    let (service, story) = support::begin(&mailbox).await;
    let member = |user: UserId, role: &str| MembershipChanged {
        company_id: story.company.to_string(),
        user_id: user.to_string(),
        role: role.to_owned(),
    };
    let people = [("manager@example.com", "manager"), ("staff@example.com", "staff"), ("left@example.com", "")];
    for (email, role) in people {
        let user = UserId::new();
        service.deliver(user.uuid(), 1, &support::registered(user, email, "Somebody")).await;
        service.deliver(story.company.uuid(), 9, &member(user, role)).await;
        // Older news comes last.
        service.deliver(story.company.uuid(), 8, &member(user, "owner")).await;
    }
    service.deliver(story.booking.uuid(), 2, &story.confirmed(2)).await;
    mailbox.wait_for(3).await;
    service.run_jobs().await;
    assert_eq!(mailbox.mails().len(), 3);
    assert_eq!(mailbox.subjects("manager@example.com").len(), 1);
    assert_eq!(mailbox.subjects(OWNER).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn auth_is_asked_for_people_nobody_told_us_of() {
    let mailbox = Mailbox::start();
    let service = support::start(&mailbox).await;
    let story = Story::new();
    for (user, email) in [(story.customer, CUSTOMER), (story.owner, OWNER)] {
        let answer = json!({"id": user, "email": email, "name": "Somebody", "email_verified": true});
        service.peers.get(&format!("/internal/users/{user}"), answer);
    }
    let company = json!({"id": story.company, "slug": "f", "name": "F", "country": "DE", "currency": "EUR", "staff": [story.owner]});
    service.peers.get(&format!("/internal/companies/{}", story.company), company);
    service.deliver(story.booking.uuid(), 2, &story.confirmed(2)).await;
    mailbox.wait_for(2).await;
    assert_eq!((mailbox.subjects(CUSTOMER).len(), mailbox.subjects(OWNER).len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_in_without_an_account_gets_no_mail_and_the_company_does() {
    let mailbox = Mailbox::start();
    let (service, story) = support::begin(&mailbox).await;
    let mut confirmed = story.confirmed(2);
    confirmed.booking.as_mut().unwrap().customer_user_id = String::new();
    service.deliver(story.booking.uuid(), 2, &confirmed).await;
    mailbox.wait_for(1).await;
    assert_eq!(mailbox.subjects(OWNER).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_with_an_address_is_written_to_and_one_without_is_not() {
    let mailbox = Mailbox::start();
    let (service, story) = support::begin(&mailbox).await;
    let guest = |version, email: &str| BookingState {
        customer_user_id: String::new(),
        guest_name: "Lena".to_owned(),
        guest_email: email.to_owned(),
        ..story.state(version, "confirmed")
    };
    let id = story.booking.uuid();
    service.deliver(id, 2, &BookingConfirmed { booking: Some(guest(2, "lena@example.com")) }).await;
    mailbox.wait_for(2).await;
    assert_eq!(mailbox.subjects("lena@example.com"), ["Confirmed: Saal 1 at Funkhaus"]);
    let other = BookingState { booking_id: kernel::BookingId::new().to_string(), ..guest(2, "") };
    service.deliver(kernel::new_uuid(), 2, &BookingConfirmed { booking: Some(other) }).await;
    mailbox.wait_for(3).await;
    assert_eq!(mailbox.subjects(OWNER).len(), 2, "the company is told of both");
    assert_eq!(mailbox.subjects(CUSTOMER), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_is_mailed_a_link_to_pay_by_while_there_is_something_to_pay() {
    let mailbox = Mailbox::start();
    let (service, story) = support::begin(&mailbox).await;
    let guest = |email: &str, payment_mode: &str| BookingState {
        booking_id: kernel::BookingId::new().to_string(),
        customer_user_id: String::new(),
        guest_name: "Lena".to_owned(),
        guest_email: email.to_owned(),
        payment_mode: payment_mode.to_owned(),
        ..story.state(1, "held")
    };
    let hold = async |booking: &BookingState| {
        let id: kernel::BookingId = booking.booking_id.parse().unwrap();
        service.deliver(id.uuid(), 1, &BookingHeld { booking: Some(booking.clone()) }).await;
    };
    let minted = json!({
        "token": "s3cret", "amount_due": {"amount": 5355, "currency": "EUR"}, "expires_at": "2027-03-01T10:30:00Z",
    });
    let online = guest("lena@example.com", "online");
    service.peers.answer(&format!("POST /internal/bookings/{}/links", online.booking_id), 201, minted);
    // Paid or cancelled meanwhile: there is no link to be had.
    let over = guest("over@example.com", "online");
    service.peers.answer(&format!("POST /internal/bookings/{}/links", over.booking_id), 409, json!({}));
    for booking in [&over, &guest("desk@example.com", "at_desk"), &guest("", "online"), &online] {
        hold(booking).await;
    }
    let mails = mailbox.wait_for(1).await;
    assert_eq!(mailbox.subjects("lena@example.com"), ["Please pay: Saal 1 at Funkhaus"]);
    let text = mails[0]["text"].as_str().unwrap();
    for words in ["/pay?token=s3cret", "53.55 EUR", "Monday, 1 March 2027, 11:30"] {
        assert!(text.contains(words), "{words} in {text}");
    }
    service.run_jobs().await;
    assert_eq!(mailbox.mails().len(), 1);
    assert!(support::pending(&service).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_and_what_is_due_are_told() {
    let mailbox = Mailbox::start();
    let (service, story) = support::begin(&mailbox).await;
    let id = story.booking.uuid();
    let moved = BookingRescheduled {
        booking: Some(story.state(3, "confirmed")),
        previous_starts_at_micros: 1_806_080_400_000_000,
        rescheduled_by: "customer".to_owned(),
        ..BookingRescheduled::default()
    };
    service.deliver(id, 3, &moved).await;
    let reminder = BookingPaymentReminderDue {
        booking: Some(story.state(4, "confirmed")),
        amount_due: 1_000,
        due_until_micros: 1_806_080_400_000_000,
        is_hold: false,
    };
    service.deliver(id, 4, &reminder).await;
    mailbox.wait_for(3).await;
    assert_eq!(mailbox.subjects(CUSTOMER), ["Moved: Saal 1 at Funkhaus", "Please pay: Saal 1 at Funkhaus"]);
    assert_eq!(mailbox.subjects(OWNER), ["Booking moved: Saal 1 at Funkhaus"]);
}

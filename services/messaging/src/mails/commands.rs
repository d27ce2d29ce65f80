//! Ordering a mail, and sending those that are due.

use ::store::Conn;
use events::HandlerError;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use kernel::{BookingId, UserId};
use mail::Mail;
use uuid::Uuid;

use super::{
    DispatchError, Occasion, Recipient,
    links::{self, Addressed},
    model::backoff,
    store::{self, ClaimedMail, Fate},
};
use crate::{
    App, bookings, companies,
    contacts::{self, Contact},
    letters,
};
use letters::Letter;

/// How many mails are claimed, and how many of them are on their way at once.
const BATCH: i64 = 32;
const CONCURRENCY: usize = 8;

/// A booking's newest facts may come after the event that needs them; after so many attempts the mail goes without.
const ATTEMPTS_FOR_FACTS: i32 = 5;

/// Writes down that a mail is due; it is sent after the commit.
pub async fn order(
    conn: &mut Conn,
    event_id: Uuid,
    recipient: Recipient,
    occasion: &Occasion,
    is_current: bool,
    now: Timestamp,
) -> Result<(), HandlerError> {
    let fate = if is_current { Fate::Send } else { Fate::Drop };
    store::insert(conn, (event_id, recipient), occasion, fate, now).await
}

/// Sends what is due until nothing is left.
pub async fn dispatch_due(app: &App, now: Timestamp) -> anyhow::Result<()> {
    loop {
        let claimed = store::claim(&mut *app.db.conn().await?, BATCH).await?;
        if claimed.is_empty() {
            return Ok(());
        }
        let attempts: Vec<_> = claimed.into_iter().map(|mail| dispatch(app, mail, now)).collect();
        for outcome in stream::iter(attempts).buffer_unordered(CONCURRENCY).collect::<Vec<_>>().await {
            outcome?;
        }
    }
}

/// One attempt. The error is the database's, which could not be told of the outcome; the claim then ends by itself.
async fn dispatch(app: &App, mail: ClaimedMail, now: Timestamp) -> Result<(), ::store::Error> {
    let mail = &mail;
    let (id, template, attempts) = (mail.id, mail.template.as_str(), mail.attempts);
    let outcome = attempt(app, mail, now).await;
    let mut conn = app.db.conn().await?;
    match outcome {
        Ok(Outcome::Expanded) => Ok(()),
        Ok(Outcome::Sent) => {
            tracing::info!(mail = %id, template, attempts, "mail sent");
            store::finish(&mut conn, mail, "sent", None).await
        }
        Err(DispatchError::Void(reason)) => {
            tracing::info!(mail = %id, template, reason, "mail dropped");
            store::finish(&mut conn, mail, "dropped", Some(reason)).await
        }
        Err(DispatchError::Later(error)) if let Some(wait) = backoff(attempts) => {
            tracing::warn!(mail = %id, template, attempts, error, "mail postponed");
            store::postpone(&mut conn, mail, wait, &error).await
        }
        Err(DispatchError::Later(error) | DispatchError::Never(error)) => {
            tracing::error!(mail = %id, template, attempts, error, "mail failed");
            store::finish(&mut conn, mail, "failed", Some(&error)).await
        }
    }
}

enum Outcome {
    Sent,
    Expanded,
}

async fn attempt(app: &App, mail: &ClaimedMail, now: Timestamp) -> Result<Outcome, DispatchError> {
    let unreadable = |_| DispatchError::Never("the mail cannot be read".to_owned());
    let occasion = mail.occasion().map_err(unreadable)?;
    let recipient = mail.recipient.parse().map_err(|_| DispatchError::Never("unknown recipient".to_owned()))?;
    if let Some(Addressed { to, letter }) = links::compose(app, &occasion).await? {
        // Minting again voids the link of an earlier attempt, so a repeat is another mail and not the same one.
        return send(app, format!("{}-{}", mail.id, mail.attempts), to, letter).await;
    }
    match recipient {
        Recipient::Company(company_id) => {
            let people = companies::recipients_of(app, company_id).await?;
            let people: Vec<Recipient> = people.into_iter().map(Recipient::User).collect();
            app.db.transaction(async |conn| store::expand(conn, mail, &people, now).await).await?;
            Ok(Outcome::Expanded)
        }
        Recipient::User(user_id) => send_to_contact(app, mail, user_id, occasion).await,
        Recipient::Guest(booking_id) => send_to_guest(app, mail, booking_id, occasion).await,
        Recipient::Invited(_) => Err(DispatchError::Never("only invitations go to who is invited".to_owned())),
    }
}

async fn send_to_contact(
    app: &App,
    mail: &ClaimedMail,
    user_id: UserId,
    occasion: Occasion,
) -> Result<Outcome, DispatchError> {
    let Contact { email, name, .. } = contacts::find_or_ask(app, user_id).await?;
    let to = match &occasion {
        Occasion::EmailChanged { previous_email } => previous_email.clone(),
        _ => email,
    };
    let letter = compose(app, mail, &name, occasion).await?;
    send(app, mail.id.to_string(), to, letter).await
}

/// To the address that staff have written down.
async fn send_to_guest(
    app: &App,
    mail: &ClaimedMail,
    booking_id: BookingId,
    occasion: Occasion,
) -> Result<Outcome, DispatchError> {
    let guest = facts(app, mail, Some(booking_id)).await?.and_then(|facts| facts.guest);
    let Some(bookings::GuestContact { name, email }) = guest else {
        return Err(DispatchError::Void("the guest has no address any more"));
    };
    match links::compose_for_guest(app, booking_id, &name, &occasion).await? {
        // As above: each attempt has a link of its own.
        Some(letter) => send(app, format!("{}-{}", mail.id, mail.attempts), email, letter).await,
        None => send(app, mail.id.to_string(), email, compose(app, mail, &name, occasion).await?).await,
    }
}

async fn compose(app: &App, mail: &ClaimedMail, name: &str, occasion: Occasion) -> Result<Letter, DispatchError> {
    use letters::{account, booking, company, payment};
    Ok(match occasion {
        Occasion::VerifyEmail { .. }
        | Occasion::ResetPassword { .. }
        | Occasion::ConfirmCurrentEmail { .. }
        | Occasion::ConfirmNewEmail { .. }
        | Occasion::Invitation { .. }
        | Occasion::ConfirmPayoutAddress { .. }
        | Occasion::PayLink { .. } => {
            return Err(DispatchError::Never("a mail with a one-time link has its own way".to_owned()));
        }
        Occasion::PasswordChanged { by_link } => account::password_changed(name, by_link),
        Occasion::EmailChanged { .. } => account::email_changed(name),
        Occasion::SecondFactorChanged { change } => account::second_factor_changed(name, &change),
        Occasion::SessionReused {} => account::session_reused(name),
        Occasion::BookingConfirmed { booking } => booking::confirmed(name, &booking),
        Occasion::WaitlistOffered { booking, until } => booking::offered(name, &booking, until),
        Occasion::BookingDeclined { booking } => booking::declined(name, &booking),
        Occasion::BookingExpired { booking } => booking::expired(name, &booking),
        Occasion::BookingCancelled { booking, refund, by_company } => {
            booking::cancelled(name, &booking, refund, by_company)
        }
        Occasion::BookingRescheduled { booking, previous_starts_at, refund, by_company } => {
            booking::rescheduled(name, &booking, previous_starts_at, refund, by_company)
        }
        Occasion::PaymentReminder { booking, due, until, is_hold } => {
            booking::payment_reminder(name, &booking, due, until, is_hold)
        }
        Occasion::CompanyBookingRescheduled { booking, previous_starts_at, by_company } => {
            company::rescheduled(name, &booking, previous_starts_at, by_company)
        }
        Occasion::CompanyCalendarConflict { booking, calendar, busy_starts_at, busy_ends_at } => {
            company::calendar_conflict(name, &booking, &calendar, busy_starts_at, busy_ends_at)
        }
        Occasion::CompanyBookingRequested { booking } => company::requested(name, &booking),
        Occasion::CompanyBookingConfirmed { booking } => company::confirmed(name, &booking),
        Occasion::CompanyBookingCancelled { booking, refund, by_company } => {
            company::cancelled(name, &booking, refund, by_company)
        }
        Occasion::ReceiptIssued { number, amount, booking_id } => {
            payment::receipt(name, &number, amount, facts(app, mail, booking_id).await?.as_ref())
        }
        Occasion::CompanyPayoutPaid { amount, payout_id } => company::payout_paid(name, amount, payout_id),
        Occasion::CompanyPayoutFailed { amount, payout_id, why } => {
            company::payout_failed(name, amount, payout_id, &why)
        }
        Occasion::CompanyPayoutAddressNamed {} => company::payout_address_named(name),
        Occasion::RefundSent { amount, reason, booking_id } => {
            payment::refund(name, amount, &reason, facts(app, mail, booking_id).await?.as_ref())
        }
        Occasion::RefundFailed { amount, booking_id } => {
            payment::refund_failed(name, amount, facts(app, mail, booking_id).await?.as_ref())
        }
        Occasion::CompanyRefundFailed { amount, payment_id, why, booking_id } => {
            let booking = facts(app, mail, booking_id).await?;
            company::refund_failed(name, amount, (payment_id, &why), booking.as_ref())
        }
        Occasion::CompanyHoldNotRenewed { amount, payment_id, why, until, booking_id } => {
            let booking = facts(app, mail, booking_id).await?;
            company::hold_not_renewed(name, amount, (payment_id, &why), until, booking.as_ref())
        }
    })
}

/// What is known of the booking a payment was for.
async fn facts(
    app: &App,
    mail: &ClaimedMail,
    booking_id: Option<BookingId>,
) -> Result<Option<bookings::BookingFacts>, DispatchError> {
    let Some(booking_id) = booking_id else { return Ok(None) };
    let facts = bookings::find(&mut *app.db.conn().await?, booking_id).await?;
    if facts.is_none() && mail.attempts < ATTEMPTS_FOR_FACTS {
        return Err(DispatchError::Later("the booking is not known yet".to_owned()));
    }
    Ok(facts)
}

async fn send(app: &App, id: String, to: String, letter: Letter) -> Result<Outcome, DispatchError> {
    let (text, html) = letter.render().map_err(|error| DispatchError::Never(error.to_string()))?;
    let mail = Mail { id, to, subject: letter.subject, text, html: Some(html) };
    app.mailer.send(&mail).await?;
    Ok(Outcome::Sent)
}

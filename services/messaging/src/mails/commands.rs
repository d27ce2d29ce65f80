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
    composition::letter_for,
    links::{self, Addressed},
    model::backoff,
    store::{self, ClaimedMail, Fate},
};
use crate::{
    App, bookings, companies,
    contacts::{self, Contact},
    letters::Letter,
};

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
    let paid_for = facts(app, mail, occasion.paid_booking()).await?;
    letter_for(name, occasion, paid_for.as_ref())
        .ok_or_else(|| DispatchError::Never("a mail with a one-time link has its own way".to_owned()))
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

//! Debits from bank accounts (SEPA): under way for five days, then made, or failed. The accounts are Stripe's for tests
//! (<https://docs.stripe.com/payments/sepa-debit/accept-a-payment>); only their names are stored.

use ::store::Conn;
use jiff::{SignedDuration, Timestamp};

use super::{
    ChargeRow, IntentRow, PaymentError, Provider, SessionRow,
    attempts::last_error,
    cards::Decline,
    methods::{UNPAID, find_direct},
    settlements, store, told,
    told::Told,
};
use crate::{
    state::Sandbox,
    webhooks::{self, WebhookPlan},
};

/// How long a bank takes to say what became of a debit.
const UNDER_WAY: SignedDuration = SignedDuration::from_hours(5 * 24);

/// An account and what becomes of a debit from it.
#[derive(Debug, PartialEq, Eq)]
pub struct Account {
    iban: &'static str,
    /// What is stored in place of the number.
    pub name: &'static str,
    pub bank_code: &'static str,
    pub country: &'static str,
    pub failure: Option<Decline>,
}

const NOT_ENOUGH: Decline = Decline {
    code: "insufficient_funds",
    decline_code: None,
    message: "The customer's account has insufficient funds to cover this payment.",
};

const ACCOUNTS: [Account; 3] = [
    Account { iban: "DE89370400440532013000", name: "sepa_de", bank_code: "37040044", country: "DE", failure: None },
    Account {
        iban: "DE62370400440532013001",
        name: "sepa_de_fails",
        bank_code: "37040044",
        country: "DE",
        failure: Some(NOT_ENOUGH),
    },
    Account { iban: "AT611904300234573201", name: "sepa_at", bank_code: "19043", country: "AT", failure: None },
];

impl Account {
    /// The account of an IBAN as people type it, with spaces and in any case.
    pub fn by_iban(typed: &str) -> Option<&'static Self> {
        let iban: String = typed.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
        ACCOUNTS.iter().find(|account| account.iban == iban)
    }

    pub fn by_name(name: &str) -> Option<&'static Self> {
        ACCOUNTS.iter().find(|account| account.name == name)
    }

    pub fn last4(&self) -> &'static str {
        self.iban.get(self.iban.len().saturating_sub(4)..).unwrap_or_default()
    }
}

/// A client confirms an intent with the account that its customer has typed there; the bank answers days later.
pub async fn debit_by_client_in_tx(
    app: &Sandbox,
    conn: &mut Conn,
    now: Timestamp,
    (id, account): (&str, &'static Account),
) -> Result<IntentRow, PaymentError> {
    let mut intent = find_direct(conn, id).await?;
    if intent.payment_method_id.is_some() || !matches!(intent.status.as_str(), UNPAID | "requires_action") {
        return Err(PaymentError::UnexpectedState);
    }
    if !intent.takes_debits {
        return Err(PaymentError::MethodNotAllowed);
    }
    intent.status = UNDECIDED.to_owned();
    intent.pending_card = Some(account.name.to_owned());
    intent.decided_at = Some(now + UNDER_WAY);
    intent.last_error = None;
    // Nobody pays it with anything else meanwhile.
    store::save_session(conn, &intent.session_id, "complete", Some(id)).await?;
    save(conn, now, intent.clone(), told::under_way(app, &intent)).await?;
    Ok(intent)
}

const UNDECIDED: &str = "processing";

async fn save(conn: &mut Conn, now: Timestamp, intent: IntentRow, told: Vec<Told>) -> Result<(), PaymentError> {
    store::save_intent(conn, intent).await?;
    webhooks::announce_in_tx(conn, now, Provider::Stripe, told, &WebhookPlan::default()).await?;
    Ok(())
}

pub async fn next_decision(app: &Sandbox) -> anyhow::Result<Option<Timestamp>> {
    let mut conn = app.db.conn().await?;
    Ok(store::next_decision(&mut conn).await?)
}

/// What banks say by now.
pub async fn decide_due(app: &Sandbox, now: Timestamp) -> anyhow::Result<()> {
    let due = {
        let mut conn = app.db.conn().await?;
        store::undecided_ids(&mut conn, now).await?
    };
    for id in &due {
        app.db.transaction(async |conn| decide_in_tx(app, conn, now, id).await).await?;
    }
    if !due.is_empty() {
        app.wake_jobs();
    }
    Ok(())
}

async fn decide_in_tx(app: &Sandbox, conn: &mut Conn, now: Timestamp, id: &str) -> Result<(), PaymentError> {
    let found = store::lock_intent_and_session(conn, id).await?;
    let (mut intent, session) = found.ok_or_else(|| PaymentError::not_found("payment_intent", id))?;
    let account = intent.pending_card.as_deref().and_then(Account::by_name);
    // Decided between the two looks.
    let Some(account) = account.filter(|_| intent.status == UNDECIDED) else { return Ok(()) };
    let charge = charge(&intent, account, now);
    store::insert_charge(conn, charge.clone()).await?;
    (intent.pending_card, intent.decided_at) = (None, None);
    intent.latest_charge = Some(charge.id.clone());
    let told = match account.failure {
        None => paid(app, conn, &session, (&mut intent, &charge)).await?,
        Some(failure) => {
            intent.status = UNPAID.to_owned();
            intent.last_error = Some(last_error(failure, Some(&charge.id)));
            store::save_session(conn, &session.id, "open", Some(id)).await?;
            told::declined(app, &session, &intent, Some(&charge))
        }
    };
    save(conn, now, intent, told).await
}

async fn paid(
    app: &Sandbox,
    conn: &mut Conn,
    session: &SessionRow,
    (intent, charge): (&mut IntentRow, &ChargeRow),
) -> Result<Vec<Told>, PaymentError> {
    intent.status = "succeeded".to_owned();
    intent.amount_received = intent.amount;
    settlements::settle_in_tx(conn, session, charge).await?;
    Ok(told::paid(app, session, intent, charge))
}

fn charge(intent: &IntentRow, account: &Account, now: Timestamp) -> ChargeRow {
    let is_taken = account.failure.is_none();
    ChargeRow {
        id: Provider::Stripe.charge_id(),
        intent_id: intent.id.clone(),
        status: if is_taken { "succeeded" } else { "failed" }.to_owned(),
        amount: intent.amount,
        amount_refunded: 0,
        currency: intent.currency.clone(),
        description: intent.description.clone(),
        metadata: intent.metadata.clone(),
        card: account.name.to_owned(),
        authenticated: false,
        created_at: now,
        amount_captured: if is_taken { intent.amount } else { 0 },
        captured_at: is_taken.then_some(now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_found_as_people_type_them_and_by_their_names() {
        assert_eq!(Account::by_iban("de89 3704 0044 0532 0130 00").map(|account| account.name), Some("sepa_de"));
        for unknown in ["", "DE89", "DE89370400440532013002", "DE893704004405320130000"] {
            assert_eq!(Account::by_iban(unknown), None, "{unknown}");
        }
        for account in &ACCOUNTS {
            assert_eq!(Account::by_name(account.name), Some(account));
            assert!(account.iban.ends_with(account.last4()) && account.iban.contains(account.bank_code));
        }
    }
}

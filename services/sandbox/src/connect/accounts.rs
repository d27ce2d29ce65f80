//! Accounts of companies: made by the platform, and of use once their owner has been through onboarding.

use ::store::Conn;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{
    AccountRow, ConnectError,
    store::{self, LinkRow},
};
use crate::{
    payments::{Provider, provider_id},
    state::Sandbox,
    stripe::objects,
    webhooks::{self, Origin},
};

/// How long an onboarding page may be opened.
const LINK_LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// The test bank accounts (<https://docs.stripe.com/connect/testing#account-numbers>). Only their names are stored.
pub const BANKS: [(&str, &str, &str); 2] = [
    ("DE89370400440532013000", "pays", "Payouts arrive after two days"),
    ("DE62370400440532013001", "fails", "Payouts fail after two days: the account is closed"),
];

/// What a person says on the onboarding page.
#[derive(Debug, Clone)]
pub struct Answers {
    /// The name of a test bank account.
    pub bank: &'static str,
    pub verdict: Verdict,
}

/// What Stripe makes of the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Enabled,
    /// Something is missing: nothing can be received until onboarding was done again.
    Restricted,
}

/// The name of a test bank account by its number, spaces or not.
pub fn bank_by_number(number: &str) -> Option<&'static str> {
    let plain: String = number.chars().filter(|c| !c.is_whitespace()).collect();
    BANKS.iter().find(|(known, ..)| plain.eq_ignore_ascii_case(known)).map(|(_, name, _)| *name)
}

/// What the API takes to make an account, checked.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub country: String,
    pub email: Option<String>,
    pub company_name: Option<String>,
    pub metadata: Value,
}

pub async fn create_account_in_tx(
    conn: &mut Conn,
    now: Timestamp,
    new: NewAccount,
) -> Result<AccountRow, ConnectError> {
    let account = AccountRow {
        id: format!("acct_{}", kernel::new_uuid().simple()),
        currency: currency_of(&new.country).to_owned(),
        country: new.country,
        email: new.email,
        company_name: new.company_name,
        metadata: new.metadata,
        details_submitted: false,
        disabled_reason: None,
        bank: None,
        created_at: now,
        payout_schedule: "manual".to_owned(),
    };
    store::insert_account(conn, account.clone()).await?;
    Ok(account)
}

/// When the account is paid out by itself. The sandbox remembers it, and pays nothing by it.
pub async fn set_schedule_in_tx(conn: &mut Conn, id: &str, interval: &str) -> Result<AccountRow, ConnectError> {
    let missing = || ConnectError::not_found("account", id);
    let account = store::lock_account(conn, id).await?.ok_or_else(missing)?;
    let account = AccountRow { payout_schedule: interval.to_owned(), ..account };
    store::save_account(conn, account.clone()).await?;
    Ok(account)
}

/// Good enough for a sandbox: the countries that do not use the euro.
fn currency_of(country: &str) -> &'static str {
    match country {
        "GB" => "gbp",
        "US" => "usd",
        "CH" | "LI" => "chf",
        "JP" => "jpy",
        "CA" => "cad",
        "AU" => "aud",
        "DK" => "dkk",
        "SE" => "sek",
        "NO" => "nok",
        "PL" => "pln",
        "CZ" => "czk",
        "HU" => "huf",
        _ => "eur",
    }
}

/// What the API takes to make an onboarding page, checked.
#[derive(Debug, Clone)]
pub struct NewLink {
    pub account_id: String,
    pub return_url: String,
    pub refresh_url: String,
}

pub async fn create_link_in_tx(conn: &mut Conn, now: Timestamp, new: NewLink) -> Result<LinkRow, ConnectError> {
    let missing = || ConnectError::not_found("account", &new.account_id);
    store::find_account(conn, &new.account_id).await?.ok_or_else(missing)?;
    let link = LinkRow {
        token: provider_id("ob"),
        account_id: new.account_id,
        return_url: new.return_url,
        refresh_url: new.refresh_url,
        used_at: None,
        expires_at: now + LINK_LIFETIME,
    };
    store::insert_link(conn, link.clone()).await?;
    Ok(link)
}

/// The answers of somebody with a page; where to send them afterwards.
pub async fn submit(app: &Sandbox, token: &str, answers: &Answers) -> Result<LinkRow, ConnectError> {
    let now = app.clock.now();
    let link = app.db.transaction(async |conn| submit_in_tx(conn, now, token, answers).await).await?;
    app.wake_jobs();
    Ok(link)
}

async fn submit_in_tx(
    conn: &mut Conn,
    now: Timestamp,
    token: &str,
    answers: &Answers,
) -> Result<LinkRow, ConnectError> {
    let link = open_link(conn, token, now).await?;
    store::use_link(conn, token, now).await?;
    answer_in_tx(conn, now, &link.account_id, answers).await?;
    Ok(link)
}

/// A page that a person may still use.
pub async fn open_link(conn: &mut Conn, token: &str, now: Timestamp) -> Result<LinkRow, ConnectError> {
    let link = store::lock_link(conn, token).await?.ok_or_else(|| ConnectError::not_found("account link", token))?;
    let usable = link.used_at.is_none() && now < link.expires_at;
    if usable { Ok(link) } else { Err(ConnectError::LinkUsed) }
}

/// Onboarding without a page, by the account's id or the company's.
pub async fn onboard(app: &Sandbox, id: &str, answers: &Answers) -> Result<(), ConnectError> {
    let now = app.clock.now();
    app.db
        .transaction(async |conn| {
            let account_id = store::account_id_of(conn, id).await?;
            let account_id = account_id.ok_or_else(|| ConnectError::not_found("account", id))?;
            answer_in_tx(conn, now, &account_id, answers).await
        })
        .await?;
    app.wake_jobs();
    Ok(())
}

async fn answer_in_tx(conn: &mut Conn, now: Timestamp, id: &str, answers: &Answers) -> Result<(), ConnectError> {
    let account = store::lock_account(conn, id).await?.ok_or_else(|| ConnectError::not_found("account", id))?;
    let disabled_reason = (answers.verdict == Verdict::Restricted).then(|| "requirements.past_due".to_owned());
    let account =
        AccountRow { details_submitted: true, bank: Some(answers.bank.to_owned()), disabled_reason, ..account };
    store::save_account(conn, account.clone()).await?;
    let told = vec![("account.updated", objects::account(&account))];
    let origin = Origin { provider: Provider::Stripe, account: Some(id) };
    webhooks::announce_from_in_tx(conn, now, origin, told).await?;
    Ok(())
}

//! Making an account, showing it, and taking in what is told of it.

use std::sync::Arc;

use ::store::Conn;
use jiff::Timestamp;
use kernel::CompanyId;
use providers::{
    AccountBalance, AccountUpdated, OnboardingLink, OnboardingRequest, PaymentProvider, PayoutProvider, ProviderError,
    ProviderName, repeat_on_conflict,
};
use serde::Deserialize;
use service_kit::identity::{Allowed, permissions::ManagePayoutAccount};
use url::Url;

use super::{AccountError, PayoutAccount, model::NewAccount, store};
use crate::App;

/// Whom companies are paid through.
const PROVIDER: ProviderName = ProviderName::Stripe;

/// What auth tells of a company, as far as it matters here.
#[derive(Debug, Deserialize)]
struct KnownCompany {
    name: String,
    country: String,
}

/// The provider, as somebody who pays companies.
pub struct Payer(Arc<dyn PaymentProvider>);

impl Payer {
    pub fn of(app: &App) -> Result<Self, AccountError> {
        let provider = app.provider(PROVIDER)?;
        if provider.payouts().is_none() {
            return Err(AccountError::NotOffered);
        }
        Ok(Self(provider))
    }

    pub fn payouts(&self) -> Result<&dyn PayoutProvider, AccountError> {
        self.0.payouts().ok_or(AccountError::NotOffered)
    }
}

/// Makes the company's account, once; asked again it answers the one that is there. Killed between the provider's work and
/// our record, the next one to come makes the same call under the same key, and so does the sweeper.
pub async fn make_account(
    app: &App,
    by: &Allowed<ManagePayoutAccount>,
    now: Timestamp,
) -> Result<PayoutAccount, AccountError> {
    let payer = Payer::of(app)?;
    let account = match find(app, by.company_id()).await? {
        Some(account) => account,
        None => record_intent(app, by, now).await?,
    };
    open_account(app, &payer, account, now).await
}

async fn record_intent(
    app: &App,
    by: &Allowed<ManagePayoutAccount>,
    now: Timestamp,
) -> Result<PayoutAccount, AccountError> {
    let company_id = by.company_id();
    let path = format!("/internal/companies/{company_id}");
    let company: KnownCompany = app.peers.get("auth", &path).await?.ok_or(AccountError::UnknownCompany)?;
    let email = Some(by.caller().email().to_owned()).filter(|email| !email.is_empty());
    let new = NewAccount {
        company_id,
        provider: PROVIDER,
        country: company.country,
        company_name: company.name,
        email,
        created_by: by.caller().user_id(),
    };
    let account = PayoutAccount::new(new, now);
    app.db
        .transaction(async |conn| {
            store::insert_account(conn, &account).await?;
            // Somebody else may have been first.
            store::find_account(conn, company_id).await?.ok_or(AccountError::NotFound)
        })
        .await
}

/// Makes a recorded account at the provider, unless it is known to be there.
pub async fn open_account(
    app: &App,
    payer: &Payer,
    account: PayoutAccount,
    now: Timestamp,
) -> Result<PayoutAccount, AccountError> {
    if account.provider_account_id.is_some() {
        return Ok(account);
    }
    let payouts = payer.payouts()?;
    let answer = repeat_on_conflict(|| payouts.create_account(account.request())).await;
    let company_id = account.company_id;
    app.db
        .transaction(async |conn| {
            let mut known = store::lock_account(conn, company_id).await?.ok_or(AccountError::NotFound)?;
            match &answer {
                Ok(state) if known.provider_account_id.is_none() => known.answered(state, now),
                // Under this key the provider would say the same for a day.
                Err(ProviderError::InvalidRequest(_)) if known.refusals == account.refusals => known.refusals += 1,
                _ => return Ok::<_, AccountError>(()),
            }
            known.updated_at = now;
            Ok(store::update_account(conn, &known).await?)
        })
        .await?;
    answer?;
    find(app, company_id).await?.ok_or(AccountError::NotFound)
}

pub async fn find(app: &App, company_id: CompanyId) -> Result<Option<PayoutAccount>, AccountError> {
    let mut conn = app.db.conn().await?;
    Ok(store::find_account(&mut conn, company_id).await?)
}

/// The provider's id of an account that is there.
async fn provider_account(app: &App, company_id: CompanyId) -> Result<String, AccountError> {
    let account = find(app, company_id).await?;
    account.and_then(|account| account.provider_account_id).ok_or(AccountError::NotFound)
}

/// Where a person goes after the provider's page.
#[derive(Debug, Clone)]
pub struct WayBack {
    pub return_url: Url,
    pub refresh_url: Url,
}

pub async fn onboarding_link(
    app: &App,
    by: &Allowed<ManagePayoutAccount>,
    way_back: WayBack,
) -> Result<OnboardingLink, AccountError> {
    let payer = Payer::of(app)?;
    let request = OnboardingRequest {
        provider_account_id: provider_account(app, by.company_id()).await?,
        return_url: way_back.return_url,
        refresh_url: way_back.refresh_url,
    };
    Ok(payer.payouts()?.create_onboarding_link(request).await?)
}

/// What lies on the company's account, as the provider says now.
pub async fn balance(app: &App, company_id: CompanyId) -> Result<AccountBalance, AccountError> {
    let payer = Payer::of(app)?;
    let account = provider_account(app, company_id).await?;
    Ok(payer.payouts()?.account_balance(&account).await?)
}

/// Takes a provider's event in. One that overtakes our record of the account is as good as the answer to the call.
pub async fn record_event_in_tx(conn: &mut Conn, told: &AccountUpdated, now: Timestamp) -> Result<(), AccountError> {
    let not_ours = || AccountError::NotOurs(told.state.provider_account_id.clone());
    let company_id = told.state.company_id.ok_or_else(not_ours)?;
    let mut account = store::lock_account(conn, company_id).await?.ok_or_else(not_ours)?;
    if account.provider_account_id.as_ref().is_some_and(|id| *id != told.state.provider_account_id) {
        return Err(not_ours());
    }
    let before = account.clone();
    account.told(&told.state, told.occurred_at, now);
    if account != before {
        account.updated_at = now;
        store::update_account(conn, &account).await?;
    }
    Ok(())
}

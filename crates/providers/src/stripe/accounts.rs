//! Connected accounts: <https://docs.stripe.com/api/accounts>.
//!
//! They are made with Stripe's own onboarding and its Express dashboard; the platform pays the fees and bears losses.
//! Their payouts are never Stripe's own idea: what goes to the bank, and when, follows from our payouts; but where a
//! company's payments settle with it, Stripe pays its account out every day.

use std::collections::HashMap;

use jiff::Timestamp;
use kernel::{Currency, Money};
use stripe::{Client, StripeRequest};
use stripe_connect::{
    account::{
        CreateAccount, CreateAccountBusinessProfile, CreateAccountCapabilities, CreateAccountCapabilitiesCardPayments,
        CreateAccountCapabilitiesTransfers, CreateAccountController, CreateAccountControllerFees,
        CreateAccountControllerFeesPayer, CreateAccountControllerLosses, CreateAccountControllerLossesPayments,
        CreateAccountControllerRequirementCollection, CreateAccountControllerStripeDashboard,
        CreateAccountControllerStripeDashboardType, CreateAccountSettings, CreateAccountSettingsPayouts,
        CreateAccountSettingsPayoutsSchedule, CreateAccountSettingsPayoutsScheduleInterval, RetrieveAccount,
        UpdateAccount, UpdateAccountSettings, UpdateAccountSettingsPayouts, UpdateAccountSettingsPayoutsSchedule,
        UpdateAccountSettingsPayoutsScheduleInterval,
    },
    account_link::{CreateAccountLink, CreateAccountLinkType},
};
use stripe_core::{BalanceAmount, balance::RetrieveForMyAccountBalance};
use stripe_shared::{Account, AccountId};

use super::{amounts::from_stripe, checked_id, errors::provider_error, once_under, states::unreadable};
use crate::{
    AccountBalance, AccountRequest, AccountState, OnboardingLink, OnboardingRequest, PayoutSchedule, ProviderError,
};

pub async fn create_account(client: &Client, request: AccountRequest) -> Result<AccountState, ProviderError> {
    let strategy = once_under(&format!("account:{}:{}", request.company_id, request.refusals))?;
    let call = account_call(request).customize().request_strategy(strategy);
    Ok(account_state(&call.send(client).await.map_err(provider_error)?))
}

fn account_call(request: AccountRequest) -> CreateAccount {
    let mut profile = CreateAccountBusinessProfile::new();
    profile.name = Some(request.company_name);
    let metadata = HashMap::from([("company_id".to_owned(), request.company_id.to_string())]);
    let call = CreateAccount::new()
        .country(request.country)
        .business_profile(profile)
        .capabilities(capabilities())
        .controller(controller())
        .settings(manual_payouts())
        .metadata(metadata);
    match request.email {
        Some(email) => call.email(email),
        None => call,
    }
}

fn capabilities() -> CreateAccountCapabilities {
    let mut capabilities = CreateAccountCapabilities::new();
    capabilities.card_payments = Some(CreateAccountCapabilitiesCardPayments { requested: Some(true) });
    capabilities.transfers = Some(CreateAccountCapabilitiesTransfers { requested: Some(true) });
    capabilities
}

fn controller() -> CreateAccountController {
    CreateAccountController {
        fees: Some(CreateAccountControllerFees { payer: Some(CreateAccountControllerFeesPayer::Application) }),
        losses: Some(CreateAccountControllerLosses {
            payments: Some(CreateAccountControllerLossesPayments::Application),
        }),
        requirement_collection: Some(CreateAccountControllerRequirementCollection::Stripe),
        stripe_dashboard: Some(CreateAccountControllerStripeDashboard {
            type_: Some(CreateAccountControllerStripeDashboardType::Express),
        }),
    }
}

fn manual_payouts() -> CreateAccountSettings {
    let mut schedule = CreateAccountSettingsPayoutsSchedule::new();
    schedule.interval = Some(CreateAccountSettingsPayoutsScheduleInterval::Manual);
    let mut payouts = CreateAccountSettingsPayouts::new();
    payouts.schedule = Some(schedule);
    let mut settings = CreateAccountSettings::new();
    settings.payouts = Some(payouts);
    settings
}

pub async fn set_schedule(client: &Client, id: &str, schedule: PayoutSchedule) -> Result<(), ProviderError> {
    let call = UpdateAccount::new(checked_account(id)?).settings(scheduled(schedule));
    call.send(client).await.map_err(provider_error)?;
    Ok(())
}

fn scheduled(wanted: PayoutSchedule) -> UpdateAccountSettings {
    let mut schedule = UpdateAccountSettingsPayoutsSchedule::new();
    schedule.interval = Some(match wanted {
        PayoutSchedule::Manual => UpdateAccountSettingsPayoutsScheduleInterval::Manual,
        PayoutSchedule::Daily => UpdateAccountSettingsPayoutsScheduleInterval::Daily,
    });
    let mut payouts = UpdateAccountSettingsPayouts::new();
    payouts.schedule = Some(schedule);
    let mut settings = UpdateAccountSettings::new();
    settings.payouts = Some(payouts);
    settings
}

pub async fn retrieve_account(client: &Client, id: &str) -> Result<AccountState, ProviderError> {
    let account = RetrieveAccount::new(checked_account(id)?).send(client).await.map_err(provider_error)?;
    Ok(account_state(&account))
}

pub async fn create_onboarding_link(
    client: &Client,
    request: &OnboardingRequest,
) -> Result<OnboardingLink, ProviderError> {
    let link =
        CreateAccountLink::new(checked_id(&request.provider_account_id)?, CreateAccountLinkType::AccountOnboarding)
            .return_url(request.return_url.as_str())
            .refresh_url(request.refresh_url.as_str())
            .send(client)
            .await
            .map_err(provider_error)?;
    Ok(OnboardingLink {
        url: link.url.parse().map_err(|_| unreadable("a page without a readable address"))?,
        expires_at: Timestamp::from_second(link.expires_at).map_err(|_| unreadable("an instant beyond all time"))?,
    })
}

pub async fn account_balance(client: &Client, id: &str) -> Result<AccountBalance, ProviderError> {
    let call = RetrieveForMyAccountBalance::new().customize().account_id(checked_account(id)?);
    let balance = call.send(client).await.map_err(provider_error)?;
    Ok(AccountBalance { available: amounts(&balance.available)?, pending: amounts(&balance.pending)? })
}

fn amounts(amounts: &[BalanceAmount]) -> Result<Vec<Money>, ProviderError> {
    let money = |amount: &BalanceAmount| {
        let code = amount.currency.to_string();
        from_stripe(amount.amount, &code).ok_or_else(|| unreadable(&format!("amount {} {code}", amount.amount)))
    };
    amounts.iter().map(money).collect()
}

/// An account's id as the client's own type.
pub fn checked_account(id: &str) -> Result<AccountId, ProviderError> {
    Ok(AccountId::from(checked_id(id)?.to_owned()))
}

fn account_state(account: &Account) -> AccountState {
    let requirements = account.requirements.as_ref();
    let transfers = account.capabilities.as_ref().and_then(|capabilities| capabilities.transfers.as_ref());
    let company_id = account.metadata.as_ref().and_then(|metadata| metadata.get("company_id")?.parse().ok());
    let deadline = requirements.and_then(|requirements| requirements.current_deadline);
    let reason = requirements.and_then(|requirements| requirements.disabled_reason.as_ref());
    AccountState {
        provider_account_id: account.id.to_string(),
        company_id,
        details_submitted: account.details_submitted.unwrap_or(false),
        charges_enabled: account.charges_enabled.unwrap_or(false),
        transfers_enabled: transfers.is_some_and(|status| status.as_str() == "active"),
        payouts_enabled: account.payouts_enabled.unwrap_or(false),
        currency: account.default_currency.as_ref().and_then(|currency| currency_of(&currency.to_string())),
        requirements_due: requirements.and_then(|known| known.currently_due.clone()).unwrap_or_default(),
        requirements_due_by: deadline.and_then(|second| Timestamp::from_second(second).ok()),
        disabled_reason: reason.map(|reason| reason.as_str().to_owned()),
    }
}

/// Stripe's code of a currency, if it is one in circulation.
pub fn currency_of(code: &str) -> Option<Currency> {
    code.to_ascii_uppercase().parse().ok()
}

#[cfg(test)]
mod tests {
    use kernel::CompanyId;

    use super::*;

    #[test]
    fn an_account_pays_nothing_out_by_itself_and_knows_whose_it_is() {
        let company_id = CompanyId::new();
        let call = account_call(AccountRequest {
            company_id,
            country: "DE".to_owned(),
            email: None,
            company_name: "Kellerklang".to_owned(),
            refusals: 0,
        });
        let form = serde_json::to_value(call).unwrap().to_string();
        assert!(form.contains(&company_id.to_string()), "{form}");
        assert!(form.contains(r#""schedule":{"interval":"manual"}"#), "{form}");
        assert!(form.contains(r#""requirement_collection":"stripe""#), "{form}");
    }
}

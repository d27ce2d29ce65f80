//! Who pays, and by what.

use kernel::{CompanyId, PaymentMethodId, UserId};
use providers::ProviderName;
use service_kit::Caller;
use store::Conn;

use super::{SessionError, model::Means};
use crate::{
    App,
    payables::{LinkState, Payable, PayableError},
    payment_methods::{MethodError, store as methods},
    payment_settings::choose_provider_in_tx,
};

/// The provider's word for the methods on which money can be held.
const CARD: &str = "card";

/// Who wishes to pay, or is to.
#[derive(Debug, Clone)]
pub enum Payer {
    /// What is theirs, and nothing else.
    Customer { caller: Caller, by: PaidBy },
    /// What the link is about, which booking was asked for just now.
    Link { state: LinkState, provider: Option<ProviderName> },
    /// What is theirs, by a method that they have agreed to be charged by without being there.
    Absent { customer: UserId, charged_by: UserId },
}

/// What a customer wishes to pay by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaidBy {
    /// Whatever they give on the provider's page: the company's provider, or the platform's default, unless they have
    /// chosen.
    Page(Option<ProviderName>),
    /// Whatever they give on the client's own page, at the same provider: one that offers it.
    Elements(Option<ProviderName>),
    /// A method that they have saved.
    Saved(PaymentMethodId),
}

impl Payer {
    /// Whose payable it has to be.
    pub fn customer(&self) -> Option<UserId> {
        match self {
            Self::Customer { caller, .. } => Some(caller.user_id()),
            Self::Absent { customer, .. } => Some(*customer),
            Self::Link { .. } => None,
        }
    }

    pub fn check(&self, payable: &Payable) -> Result<(), PayableError> {
        match self {
            Self::Link { state, .. } => state.check(),
            Self::Customer { .. } | Self::Absent { .. } if payable.customer_user_id == self.customer() => Ok(()),
            Self::Customer { .. } | Self::Absent { .. } => Err(PayableError::NotFound),
        }
    }

    /// Where the provider may write to; whoever has a link says so there.
    pub fn email(&self) -> Option<String> {
        match self {
            Self::Customer { caller, .. } => Some(caller.email().to_owned()).filter(|email| !email.is_empty()),
            Self::Link { .. } | Self::Absent { .. } => None,
        }
    }

    /// What it is paid by, and at which provider. Whether a method may still be charged is looked at again by whoever
    /// charges it.
    pub async fn choose_means_in_tx(
        &self,
        conn: &mut Conn,
        app: &App,
        company_id: CompanyId,
    ) -> Result<(ProviderName, Means), SessionError> {
        match self {
            Self::Customer { caller, by: PaidBy::Saved(id) } => {
                let method = methods::find_own(conn, caller.user_id(), *id).await?;
                let method = method.ok_or(SessionError::UnknownMethod)?;
                Ok((method.provider, Means::Saved(method.id)))
            }
            Self::Absent { customer, charged_by } => {
                let method = methods::find_consented(conn, *customer).await?.ok_or(MethodError::NoConsent)?;
                Ok((method.provider, Means::OffSession { method: method.id, charged_by: *charged_by }))
            }
            Self::Customer { by: PaidBy::Page(asked), .. } | Self::Link { provider: asked, .. } => {
                let provider = choose_provider_in_tx(conn, &app.providers(), *asked, company_id).await?;
                Ok((provider.ok_or(SessionError::PaymentsOff)?, Means::Page))
            }
            Self::Customer { by: PaidBy::Elements(asked), .. } => {
                let provider = choose_provider_in_tx(conn, &app.providers(), *asked, company_id).await?;
                let provider = provider.ok_or(SessionError::PaymentsOff)?;
                let known = app.provider(provider).map_err(SessionError::ProviderUnavailable)?;
                known.elements().ok_or(SessionError::ElementsNotOffered(provider))?;
                Ok((provider, Means::Elements))
            }
        }
    }
}

/// Money is held by providers that do that, and on cards.
pub async fn check_hold_in_tx(
    conn: &mut Conn,
    app: &App,
    provider: ProviderName,
    means: Means,
) -> Result<(), SessionError> {
    let provider = app.provider(provider).map_err(SessionError::ProviderUnavailable)?;
    let method = match means.method() {
        Some((id, _)) => methods::find_method(conn, id).await?,
        None => None,
    };
    let is_card = method.is_none_or(|method| method.summary.kind == CARD);
    if provider.holds().is_some() && is_card { Ok(()) } else { Err(SessionError::HoldsNotOffered) }
}

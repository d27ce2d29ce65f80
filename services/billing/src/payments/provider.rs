//! The provider of a payment, as whoever the payment was made with.

use std::sync::Arc;

use providers::{PaymentProvider, ProviderError, ProviderName};

use super::Payment;
use crate::{App, connections};

/// The platform at the provider, or the company: what was charged on a company's own account is known there only.
pub async fn provider_of(app: &App, payment: &Payment) -> Result<Arc<dyn PaymentProvider>, ProviderError> {
    let provider = app.provider(payment.provider)?;
    match &payment.company_settlement {
        Some(settled) if payment.provider == ProviderName::Square => {
            connections::act_for(app, provider.as_ref(), payment.company_id, &settled.account_id).await
        }
        _ => Ok(provider),
    }
}

//! The customer portal: <https://docs.stripe.com/customer-management>. What people may do there is set in Stripe's dashboard.

use secrecy::ExposeSecret;
use stripe::Client;
use stripe_billing::billing_portal_session::CreateBillingPortalSession;
use stripe_core::customer::{UpdateCustomer, UpdateCustomerInvoiceSettings};
use url::Url;

use super::{checked_id, errors::provider_error, states::unreadable};
use crate::{PortalRequest, ProviderError};

pub async fn open(client: &Client, request: &PortalRequest) -> Result<Url, ProviderError> {
    let customer = checked_id(&request.provider_customer_id)?;
    if let Some(token) = &request.default_method {
        let mut settings = UpdateCustomerInvoiceSettings::new();
        settings.default_payment_method = Some(checked_id(token.expose_secret())?.to_owned());
        match UpdateCustomer::new(customer).invoice_settings(settings).send(client).await.map_err(provider_error) {
            // Given up there meanwhile: then it is not shown either.
            Ok(_) | Err(ProviderError::InvalidRequest(_) | ProviderError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    let call = CreateBillingPortalSession::new().customer(customer).return_url(request.return_url.as_str());
    let session = call.send(client).await.map_err(provider_error)?;
    // Without its text: whoever has the address is the customer.
    session.url.parse().map_err(|_| unreadable("a portal without a readable address"))
}

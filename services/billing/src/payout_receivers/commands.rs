//! Naming a receiver, confirming it, and taking it back.

use ::store::Conn;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use kernel::{CompanyId, Currency, PayoutReceiverId};
use providers::ProviderName;
use serde::Deserialize;
use service_kit::{
    Whence,
    identity::{Allowed, permissions::ManagePayoutAccount},
};
use sha2::{Digest, Sha256};

use super::{PayoutReceiver, ReceiverError, address::ReceiverAddress, events, model::NewReceiver, store};
use crate::{
    App,
    actions::{self, Action, Doer},
};

/// Whose addresses companies name.
const PROVIDER: ProviderName = ProviderName::Paypal;

/// What auth tells of a company, as far as it matters here.
#[derive(Debug, Deserialize)]
struct KnownCompany {
    name: String,
    currency: Currency,
}

/// An owner of the company, who decides where its money goes, and from where they do.
pub struct Decider<'a> {
    pub allowed: &'a Allowed<ManagePayoutAccount>,
    pub whence: Whence,
}

impl Decider<'_> {
    fn company_id(&self) -> CompanyId {
        self.allowed.company_id()
    }

    /// Writes down what was done, for the ledger's trail of actions; the address stands nowhere in it.
    async fn enqueue(&self, conn: &mut Conn, what: &'static str, now: Timestamp) -> Result<(), ::store::Error> {
        let doer = Doer { person: self.allowed.caller().user_id(), whence: self.whence.clone() };
        let company_id = self.company_id();
        let action = Action { what, subject: company_id.to_string(), company_id, amount: None, reason: None };
        actions::enqueue_taken(conn, &doer, action, now).await
    }
}

/// Names the address at which the company is paid from now on, and has a mail sent there. One that is confirmed already stays
/// so; naming any other one again voids the link of the mail before.
pub async fn name_receiver(
    app: &App,
    by: &Decider<'_>,
    address: ReceiverAddress,
    now: Timestamp,
) -> Result<PayoutReceiver, ReceiverError> {
    let company_id = by.company_id();
    let company: KnownCompany = app
        .peers
        .get("auth", &format!("/internal/companies/{company_id}"))
        .await?
        .ok_or(ReceiverError::UnknownCompany)?;
    require_offer(app, company.currency)?;
    let new = NewReceiver {
        company_id,
        provider: PROVIDER,
        address,
        currency: company.currency,
        named_by: by.allowed.caller().user_id(),
    };
    app.db
        .transaction(async |conn| {
            let known = store::lock_receiver(conn, company_id).await?;
            let stays = |known: &PayoutReceiver| known.confirmed_at.is_some() && known.address == new.address;
            if let Some(known) = known.filter(stays) {
                return Ok(known);
            }
            let receiver = PayoutReceiver::new(new.clone(), now);
            store::save_receiver(conn, &receiver).await?;
            by.enqueue(conn, "payout_receiver_named", now).await?;
            events::enqueue_named(conn, &receiver, &company.name, now).await?;
            Ok::<_, ReceiverError>(receiver)
        })
        .await
}

fn require_offer(app: &App, currency: Currency) -> Result<(), ReceiverError> {
    let provider = app.provider(PROVIDER).map_err(|_| ReceiverError::NotOffered)?;
    let disbursements = provider.disbursements().ok_or(ReceiverError::NotOffered)?;
    if disbursements.pays_in(currency) { Ok(()) } else { Err(ReceiverError::OtherCurrency(currency)) }
}

/// Somebody has followed the link of the mail. Following it again is harmless.
pub async fn confirm_receiver(
    app: &App,
    by: &Decider<'_>,
    secret: &str,
    now: Timestamp,
) -> Result<PayoutReceiver, ReceiverError> {
    app.db
        .transaction(async |conn| {
            let found = store::lock_receiver(conn, by.company_id()).await?;
            let mut receiver = found.ok_or(ReceiverError::NotFound)?;
            if receiver.confirm(&hash(secret), now)? {
                store::save_receiver(conn, &receiver).await?;
                by.enqueue(conn, "payout_receiver_confirmed", now).await?;
            }
            Ok::<_, ReceiverError>(receiver)
        })
        .await
}

/// The company is paid to its account at Stripe again, where it has one. Payouts that are under way go on.
pub async fn remove_receiver(app: &App, by: &Decider<'_>, now: Timestamp) -> Result<(), ReceiverError> {
    app.db
        .transaction(async |conn| {
            if !store::delete_receiver(conn, by.company_id()).await? {
                return Err(ReceiverError::NotFound);
            }
            Ok(by.enqueue(conn, "payout_receiver_removed", now).await?)
        })
        .await
}

pub async fn find_receiver(app: &App, company_id: CompanyId) -> Result<PayoutReceiver, ReceiverError> {
    let mut conn = app.db.conn().await?;
    store::find_receiver(&mut conn, company_id).await?.ok_or(ReceiverError::NotFound)
}

/// A secret for the mail that is being sent. Nothing but its hash stays here.
pub async fn mint_secret(app: &App, id: PayoutReceiverId, now: Timestamp) -> Result<Option<String>, ReceiverError> {
    let secret = BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    app.db
        .transaction(async |conn| {
            let Some(mut receiver) = store::lock_named(conn, id).await? else { return Ok(None) };
            if !receiver.mint(hash(&secret), now) {
                return Err(ReceiverError::Confirmed);
            }
            store::save_receiver(conn, &receiver).await?;
            Ok::<_, ReceiverError>(Some(secret.clone()))
        })
        .await
}

fn hash(secret: &str) -> Vec<u8> {
    Sha256::new().chain_update(b"roomtone payout receiver v1\0").chain_update(secret).finalize().to_vec()
}

//! Sending what is due, several at a time as providers do, so that the platform sees real races.

use futures_util::{StreamExt, stream};
use jiff::SignedDuration;
use kernel::clock::real_now;

use super::{
    signature::{square_signature, stripe_signature},
    store,
};
use crate::{payments::Provider, paypal, state::Sandbox};

/// The first retry comes after this long, each further one after twice the time, up to `LONGEST_BACKOFF`.
pub const BACKOFF: SignedDuration = SignedDuration::from_millis(500);

const LONGEST_BACKOFF: SignedDuration = SignedDuration::from_secs(60);

/// A delivery that was taken up and never ended is tried again after this long; no attempt takes longer.
const LEASE: SignedDuration = SignedDuration::from_secs(30);

const AT_ONCE: usize = 8;
const BATCH: i64 = 64;

/// Sends everything that is due now. A target that is down keeps nothing else waiting.
pub async fn deliver_due(app: &Sandbox) -> anyhow::Result<()> {
    loop {
        let claimed = app
            .db
            .transaction(async |conn| {
                let now = real_now();
                store::claim_due(conn, now, now + LEASE, BATCH).await
            })
            .await?;
        if claimed.is_empty() {
            return Ok(());
        }
        let attempts = claimed.into_iter().map(|delivery| deliver(app, delivery));
        let failed: Vec<_> = stream::iter(attempts)
            .buffer_unordered(AT_ONCE)
            .filter_map(|result: anyhow::Result<()>| async { result.err() })
            .collect()
            .await;
        if let Some(error) = failed.into_iter().next() {
            return Err(error);
        }
    }
}

/// One attempt. Fails only where the result could not be written; the lease then brings the delivery back.
async fn deliver(app: &Sandbox, delivery: store::Claimed) -> anyhow::Result<()> {
    let taken = send(app, &delivery).await;
    let mut conn = app.db.conn().await?;
    match taken {
        Ok(()) => store::mark_delivered(&mut conn, delivery.id).await?,
        Err(error) => {
            let retry_in = backoff(delivery.attempts);
            tracing::debug!(event = delivery.event_id, attempts = delivery.attempts, %error, "webhook not taken");
            store::postpone(&mut conn, delivery.id, real_now() + retry_in).await?;
        }
    }
    Ok(())
}

/// Signed anew for each attempt, as Stripe does, so that a late one is not too old to be believed.
async fn send(app: &Sandbox, delivery: &store::Claimed) -> anyhow::Result<()> {
    let provider = Provider::by_name(&delivery.provider);
    let mut request = app.http.post(app.webhook_url(provider)).body(delivery.body.clone());
    for (name, value) in headers(app, provider, &delivery.body).await? {
        request = request.header(name, value);
    }
    request.send().await?.error_for_status()?;
    Ok(())
}

async fn headers(app: &Sandbox, provider: Provider, body: &str) -> anyhow::Result<Vec<(&'static str, String)>> {
    let (mut signed, agent) = match provider {
        Provider::Stripe => {
            let signature = stripe_signature(&app.config.stripe_webhook_secret, app.clock.now(), body)?;
            (vec![("Stripe-Signature", signature)], "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        }
        Provider::Square => (square_signature(&app.config, body)?, "Square Connect v2"),
        Provider::Paypal => (paypal::signer::transmission(app, body).await?, "PayPal/AUHD-1.0-1"),
    };
    signed.push(("Content-Type", "application/json; charset=utf-8".to_owned()));
    signed.push(("User-Agent", agent.to_owned()));
    Ok(signed)
}

fn backoff(attempts: i32) -> SignedDuration {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(10);
    (BACKOFF * 2_i32.pow(doublings)).min(LONGEST_BACKOFF)
}

/// How many deliveries are still on their first way.
pub async fn first_attempts_left(app: &Sandbox) -> anyhow::Result<i64> {
    let mut conn = app.db.conn().await?;
    Ok(store::count_first_attempts(&mut conn, real_now()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_come_ever_later_up_to_a_minute() {
        let waits: Vec<_> = [1, 2, 3, 8, 40].map(backoff).iter().map(SignedDuration::as_millis).collect();
        assert_eq!(waits, [500, 1_000, 2_000, 60_000, 60_000]);
    }
}

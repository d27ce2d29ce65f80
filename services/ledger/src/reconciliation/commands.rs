//! Comparing a span of time.

use jiff::Timestamp;
use store::{Conn, Error};

use super::{
    model::{Ours, Theirs, reconcile},
    store::{ReconciliationRow, Span, our_items, save_report, their_items},
};
use crate::accounts::ProviderCode;

/// Compares what a provider and the book have in a span. The same span again finds the same and adds nothing.
pub async fn reconcile_in_tx(
    conn: &mut Conn,
    provider: &ProviderCode,
    span: Span,
    now: Timestamp,
) -> Result<ReconciliationRow, Error> {
    // What either side has in the span, to look for its other side wherever that lies.
    let ours = our_items(conn, provider, span, &[]).await?;
    let theirs = their_items(conn, provider, span, &[]).await?;
    let here: Vec<String> = ours.into_iter().map(|item: Ours| item.reference).collect();
    let there: Vec<String> = theirs.into_iter().filter_map(|item: Theirs| item.reference).collect();
    let ours = our_items(conn, provider, span, &there).await?;
    let theirs = their_items(conn, provider, span, &here).await?;
    save_report(conn, provider, span, &reconcile(&ours, &theirs), now).await
}

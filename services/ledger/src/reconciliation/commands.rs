//! Taking in what a provider says, and comparing a span of time with it.

use jiff::Timestamp;
use store::{Conn, Error};

use super::{
    error::ReconciliationError,
    model::{Ours, Theirs, reconcile},
    store::{NewTransaction, ReconciliationRow, Span, our_items, save_report, save_transactions, their_items},
    told::told,
};
use crate::{
    accounts::ProviderCode,
    startup::App,
    transfers::{PostError, Refusal, TransferDraft},
};

/// Keeps a provider's transactions, and posts what nobody else tells of them.
pub async fn take_in_tx(
    app: &App,
    conn: &mut Conn,
    provider: &ProviderCode,
    transactions: &[NewTransaction],
) -> Result<(), ReconciliationError> {
    save_transactions(conn, provider, transactions).await?;
    let mut drafts: Vec<TransferDraft> = Vec::new();
    for transaction in transactions {
        drafts.extend(told(provider, transaction)?);
    }
    if drafts.is_empty() {
        return Ok(());
    }
    for refusal in app.books.post_each_in_tx(conn, &drafts).await?.into_iter().filter_map(Result::err) {
        // The provider says something else than before: the comparison will tell.
        if !matches!(refusal, Refusal::IdReused(_)) {
            return Err(PostError::from(refusal).into());
        }
    }
    Ok(())
}

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

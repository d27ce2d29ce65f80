//! Both sides as rows, and what was found.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, NullableExpressionMethods, OptionalExtension, QueryDsl,
    Queryable, Selectable, SelectableHelper,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, Timestamp as DieselTimestamp, ToDiesel};
use kernel::{Currency, ReconciliationId, TransferId};
use store::{Conn, Error};
use uuid::Uuid;

use super::model::{Class, Finding, Ours, Report, Theirs};
use crate::{
    accounts::{AccountCode, ProviderCode},
    schema::{
        accounts, entries, provider_transactions as theirs, reconciliation_findings as findings,
        reconciliations as runs, transfers,
    },
};

/// A balance transaction as billing hands it over.
#[derive(Debug, Clone)]
pub struct NewTransaction {
    pub id: String,
    pub class: Class,
    pub reference: Option<String>,
    pub currency: Currency,
    pub amount: i64,
    pub fee: i64,
    pub occurred_at: Timestamp,
}

/// Writes what is new and corrects what the provider has changed since.
pub async fn save_transactions(
    conn: &mut Conn,
    provider: &ProviderCode,
    transactions: &[NewTransaction],
) -> Result<(), Error> {
    use diesel::upsert::excluded;
    let row = |transaction: &NewTransaction| {
        (
            theirs::provider.eq(provider.as_str().to_owned()),
            theirs::id.eq(transaction.id.clone()),
            theirs::class.eq(transaction.class.as_str()),
            theirs::reference.eq(transaction.reference.clone()),
            theirs::currency.eq(transaction.currency),
            theirs::amount.eq(transaction.amount),
            theirs::fee.eq(transaction.fee),
            theirs::occurred_at.eq(transaction.occurred_at.to_diesel()),
        )
    };
    diesel::insert_into(theirs::table)
        .values(transactions.iter().map(row).collect::<Vec<_>>())
        .on_conflict((theirs::provider, theirs::id))
        .do_update()
        .set((
            theirs::class.eq(excluded(theirs::class)),
            theirs::reference.eq(excluded(theirs::reference)),
            theirs::currency.eq(excluded(theirs::currency)),
            theirs::amount.eq(excluded(theirs::amount)),
            theirs::fee.eq(excluded(theirs::fee)),
            theirs::occurred_at.eq(excluded(theirs::occurred_at)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The providers that have told anything.
pub async fn providers(conn: &mut Conn) -> Result<Vec<String>, Error> {
    Ok(theirs::table.select(theirs::provider).distinct().load(conn).await?)
}

/// From the first instant on and before the second.
pub type Span = (Timestamp, Timestamp);

fn is_inside((from, to): Span, at: DieselTimestamp) -> bool {
    let at = at.to_jiff();
    from <= at && at < to
}

type TheirRow = (String, String, Option<String>, Currency, i64, i64, DieselTimestamp);

/// The provider's side of a span, and of what the book has in it.
pub async fn their_items(
    conn: &mut Conn,
    provider: &ProviderCode,
    (from, to): Span,
    references: &[String],
) -> Result<Vec<Theirs>, Error> {
    let rows: Vec<TheirRow> = theirs::table
        .filter(theirs::provider.eq(provider.as_str()))
        .filter(
            theirs::occurred_at
                .ge(from.to_diesel())
                .and(theirs::occurred_at.lt(to.to_diesel()))
                .or(theirs::reference.is_not_null().and(theirs::reference.assume_not_null().eq_any(references))),
        )
        .order(theirs::id)
        .select((
            theirs::id,
            theirs::class,
            theirs::reference,
            theirs::currency,
            theirs::amount,
            theirs::fee,
            theirs::occurred_at,
        ))
        .load(conn)
        .await?;
    let mut items = Vec::with_capacity(rows.len());
    for (id, class, reference, currency, amount, fee, at) in rows {
        let Some(class) = Class::parse(&class) else { continue };
        let inside = is_inside((from, to), at);
        if fee != 0 {
            let (id, reference) = (id.clone(), reference.clone());
            items.push(Theirs { id, class: Class::Fee, reference, currency, amount: fee.saturating_neg(), inside });
        }
        items.push(Theirs { id, class, reference, currency, amount, inside });
    }
    Ok(items)
}

type OurRow = (TransferId, String, String, Currency, i64, DieselTimestamp);

/// The book's side of a span, and of what the provider has in it.
pub async fn our_items(
    conn: &mut Conn,
    provider: &ProviderCode,
    (from, to): Span,
    references: &[String],
) -> Result<Vec<Ours>, Error> {
    let code = AccountCode::Provider(provider.clone()).to_string();
    let rows: Vec<OurRow> = transfers::table
        .inner_join(entries::table.on(entries::transfer_id.eq(transfers::id)))
        .inner_join(accounts::table.on(accounts::id.eq(entries::account_id)))
        .filter(accounts::code.eq(code))
        .filter(
            transfers::effective_at
                .ge(from.to_diesel())
                .and(transfers::effective_at.lt(to.to_diesel()))
                .or(transfers::source.eq_any(references)),
        )
        .order((transfers::seq, entries::position))
        .select((
            transfers::id,
            transfers::kind,
            transfers::source,
            entries::currency,
            entries::amount,
            transfers::effective_at,
        ))
        .load(conn)
        .await?;
    let item = |(transfer, kind, reference, currency, amount, at): OurRow| {
        let inside = is_inside((from, to), at);
        Some(Ours { transfer, class: Class::of_kind(&kind)?, reference, currency, amount, inside })
    };
    Ok(rows.into_iter().filter_map(item).collect())
}

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = runs, check_for_backend(diesel::pg::Pg))]
pub struct ReconciliationRow {
    pub id: ReconciliationId,
    pub provider: String,
    pub from_at: DieselTimestamp,
    pub to_at: DieselTimestamp,
    pub run_at: DieselTimestamp,
    pub matched: i64,
}

/// Writes a comparison, or writes it anew: what was found before stays as it was, what is found no more is resolved.
pub async fn save_report(
    conn: &mut Conn,
    provider: &ProviderCode,
    (from, to): Span,
    report: &Report,
    now: Timestamp,
) -> Result<ReconciliationRow, Error> {
    let matched = i64::try_from(report.matched).unwrap_or(i64::MAX);
    let run: ReconciliationRow = diesel::insert_into(runs::table)
        .values((
            runs::id.eq(ReconciliationId::new()),
            runs::provider.eq(provider.as_str()),
            runs::from_at.eq(from.to_diesel()),
            runs::to_at.eq(to.to_diesel()),
            runs::run_at.eq(now.to_diesel()),
            runs::matched.eq(matched),
        ))
        .on_conflict((runs::provider, runs::from_at, runs::to_at))
        .do_update()
        .set((runs::run_at.eq(now.to_diesel()), runs::matched.eq(matched)))
        .returning(ReconciliationRow::as_returning())
        .get_result(conn)
        .await?;
    let known: Vec<FindingRow> = findings::table
        .filter(findings::reconciliation_id.eq(run.id))
        .select(FindingRow::as_select())
        .load(conn)
        .await?;
    let gone: Vec<Uuid> = known
        .iter()
        .filter(|row| row.resolved_at.to_jiff().is_none() && !report.findings.iter().any(|finding| row.is(finding)))
        .map(|row| row.id)
        .collect();
    diesel::update(findings::table.filter(findings::id.eq_any(gone)))
        .set(findings::resolved_at.eq(now.to_diesel()))
        .execute(conn)
        .await?;
    save_findings(conn, run.id, &report.findings, now).await?;
    Ok(run)
}

async fn save_findings(conn: &mut Conn, run: ReconciliationId, found: &[Finding], now: Timestamp) -> Result<(), Error> {
    use diesel::upsert::excluded;
    let row = |finding: &Finding| {
        (
            findings::id.eq(kernel::new_uuid()),
            findings::reconciliation_id.eq(run),
            findings::finding.eq(finding.kind.as_str()),
            findings::class.eq(finding.class.as_str()),
            findings::reference.eq(finding.reference.clone()),
            findings::currency.eq(finding.currency),
            findings::ours.eq(finding.ours),
            findings::theirs.eq(finding.theirs),
            findings::transfers.eq(finding.transfers.clone()),
            findings::provider_ids.eq(finding.provider_ids.clone()),
            findings::found_at.eq(now.to_diesel()),
        )
    };
    diesel::insert_into(findings::table)
        .values(found.iter().map(row).collect::<Vec<_>>())
        .on_conflict((
            findings::reconciliation_id,
            findings::finding,
            findings::class,
            findings::reference,
            findings::currency,
        ))
        .do_update()
        .set((
            findings::ours.eq(excluded(findings::ours)),
            findings::theirs.eq(excluded(findings::theirs)),
            findings::transfers.eq(excluded(findings::transfers)),
            findings::provider_ids.eq(excluded(findings::provider_ids)),
            findings::resolved_at.eq(None::<jiff_diesel::Timestamp>),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = findings, check_for_backend(diesel::pg::Pg))]
pub struct FindingRow {
    pub id: Uuid,
    pub finding: String,
    pub class: String,
    pub reference: String,
    pub currency: Currency,
    pub ours: i64,
    pub theirs: i64,
    pub transfers: Vec<Option<TransferId>>,
    pub provider_ids: Vec<Option<String>>,
    pub found_at: DieselTimestamp,
    pub resolved_at: NullableTimestamp,
}

impl FindingRow {
    fn is(&self, finding: &Finding) -> bool {
        self.finding == finding.kind.as_str()
            && self.class == finding.class.as_str()
            && self.reference == finding.reference
            && self.currency == finding.currency
    }
}

pub async fn find_reconciliation(conn: &mut Conn, id: ReconciliationId) -> Result<Option<ReconciliationRow>, Error> {
    Ok(runs::table.find(id).select(ReconciliationRow::as_select()).first(conn).await.optional()?)
}

/// The latest span first.
pub async fn list_reconciliations(
    conn: &mut Conn,
    before: Option<(Timestamp, ReconciliationId)>,
    limit: i64,
) -> Result<Vec<ReconciliationRow>, Error> {
    let mut query = runs::table
        .order((runs::from_at.desc(), runs::id.desc()))
        .select(ReconciliationRow::as_select())
        .limit(limit)
        .into_boxed();
    if let Some((at, id)) = before {
        let at = at.to_diesel();
        query = query.filter(runs::from_at.lt(at).or(runs::from_at.eq(at).and(runs::id.lt(id))));
    }
    Ok(query.load(conn).await?)
}

/// How many findings of each kind are open, by comparison.
pub async fn open_findings(
    conn: &mut Conn,
    runs: &[ReconciliationId],
) -> Result<Vec<(ReconciliationId, String, i64)>, Error> {
    Ok(findings::table
        .filter(findings::reconciliation_id.eq_any(runs).and(findings::resolved_at.is_null()))
        .group_by((findings::reconciliation_id, findings::finding))
        .select((findings::reconciliation_id, findings::finding, diesel::dsl::count_star()))
        .load(conn)
        .await?)
}

/// In the order in which they were found.
pub async fn list_findings(
    conn: &mut Conn,
    run: ReconciliationId,
    kind: Option<&str>,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<FindingRow>, Error> {
    let mut query = findings::table
        .filter(findings::reconciliation_id.eq(run))
        .filter(findings::id.gt(after.unwrap_or_default()))
        .order(findings::id)
        .select(FindingRow::as_select())
        .limit(limit)
        .into_boxed();
    if let Some(kind) = kind {
        query = query.filter(findings::finding.eq(kind.to_owned()));
    }
    Ok(query.load(conn).await?)
}

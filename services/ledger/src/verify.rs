//! Recomputes what must hold and names what does not; `roomtone ledger verify` and `roomtone doctor` ask it.

use std::fmt;

use diesel::{QueryableByName, sql_types::Text};
use diesel_async::RunQueryDsl;
use store::{Db, Error};

use crate::seals;

/// One thing that does not agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The broken rule, bare and stable: `transfer_sums_to_zero`.
    pub rule: &'static str,
    /// What breaks it, by id, and by how much.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.detail)
    }
}

#[derive(QueryableByName)]
struct Detail {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// Findings of one rule that are named before the rest is left out: a broken rule seldom breaks once.
const MOST: usize = 100;

/// Checks all of the ledger. Each rule reads one consistent state; an empty answer means that all rules hold.
pub async fn verify(db: &Db) -> Result<Vec<Finding>, Error> {
    let mut conn = db.conn().await?;
    let mut findings = Vec::new();
    for (rule, query) in RULES {
        let rows: Vec<Detail> = diesel::sql_query(format!("{query} LIMIT {MOST}")).load(&mut conn).await?;
        findings.extend(rows.into_iter().map(|row| Finding { rule, detail: row.detail }));
    }
    let broken = seals::walk(&mut conn).await?.into_iter().take(MOST);
    findings.extend(broken.map(|detail| Finding { rule: "chain_is_unbroken", detail }));
    Ok(findings)
}

const RULES: [(&str, &str); 9] = [
    (
        "transfer_sums_to_zero",
        "SELECT format('transfer %s is off by %s %s', transfer_id, sum(amount), currency) AS detail
         FROM entries GROUP BY transfer_id, currency HAVING sum(amount) <> 0",
    ),
    (
        "transfer_is_whole",
        "SELECT format('transfer %s has %s entries', t.id, count(e.transfer_id)) AS detail
         FROM transfers t LEFT JOIN entries e ON e.transfer_id = t.id
         GROUP BY t.id HAVING CASE WHEN t.phase IN ('posted', 'captured')
             THEN count(e.transfer_id) < 2 OR max(e.position) <> count(e.transfer_id) - 1
             ELSE count(e.transfer_id) > 0 END",
    ),
    (
        "hold_is_whole",
        "SELECT format('hold %s has %s legs of %s', t.id, count(l.hold_id), coalesce(sum(l.amount), 0)) AS detail
         FROM transfers t LEFT JOIN hold_legs l ON l.hold_id = t.id WHERE t.phase = 'held'
         GROUP BY t.id HAVING count(l.hold_id) < 2 OR max(l.position) <> count(l.hold_id) - 1
         UNION ALL
         SELECT format('transfer %s closes hold %s, which is none', c.id, c.hold_id) FROM transfers c
         LEFT JOIN transfers h ON h.id = c.hold_id AND h.phase = 'held' WHERE c.hold_id IS NOT NULL AND h.id IS NULL",
    ),
    (
        "capture_stays_within_its_hold",
        "SELECT format('transfer %s captures %s on account %s where %s are held', c.id, e.posted, e.account_id,
                       coalesce(l.held, 0)) AS detail
         FROM transfers c
         JOIN (SELECT transfer_id, account_id, sum(amount) AS posted FROM entries GROUP BY 1, 2) e ON e.transfer_id = c.id
         LEFT JOIN (SELECT hold_id, account_id, sum(amount) AS held FROM hold_legs GROUP BY 1, 2) l
              ON l.hold_id = c.hold_id AND l.account_id = e.account_id
         WHERE c.phase = 'captured' AND NOT coalesce(e.posted BETWEEN least(l.held, 0) AND greatest(l.held, 0), false)",
    ),
    (
        "pending_equals_open_holds",
        "SELECT format('%s in %s has %s and %s pending and open holds of %s and %s', a.code, a.currency,
                       a.pending_debits, a.pending_credits, coalesce(h.debits, 0), coalesce(h.credits, 0)) AS detail
         FROM accounts a
         LEFT JOIN (SELECT l.account_id, sum(greatest(l.amount, 0)) AS debits, sum(-least(l.amount, 0)) AS credits
                    FROM hold_legs l
                    WHERE NOT EXISTS (SELECT FROM transfers c WHERE c.hold_id = l.hold_id)
                    GROUP BY l.account_id) h ON h.account_id = a.id
         WHERE a.pending_debits <> coalesce(h.debits, 0) OR a.pending_credits <> coalesce(h.credits, 0)",
    ),
    (
        "entry_belongs_somewhere",
        "SELECT format('entry %s of account %s belongs to no transfer or account', e.number, e.account_id) AS detail
         FROM entries e LEFT JOIN transfers t ON t.id = e.transfer_id
         LEFT JOIN accounts a ON a.id = e.account_id AND a.currency = e.currency
         WHERE t.id IS NULL OR a.id IS NULL",
    ),
    (
        "balance_equals_entries",
        "SELECT format('%s in %s has %s posted and entries of %s', a.code, a.currency, a.posted,
                       coalesce(s.sum, 0) * CASE a.normal_side WHEN 'debit' THEN 1 ELSE -1 END) AS detail
         FROM accounts a
         LEFT JOIN (SELECT account_id, sum(amount) AS sum, count(*) AS entries, max(number) AS last
                    FROM entries GROUP BY account_id) s ON s.account_id = a.id
         WHERE a.posted <> coalesce(s.sum, 0) * CASE a.normal_side WHEN 'debit' THEN 1 ELSE -1 END
            OR a.entry_count <> coalesce(s.entries, 0) OR a.entry_count <> coalesce(s.last, 0)",
    ),
    (
        "running_balance_continues",
        "SELECT format('entry %s of account %s (transfer %s) does not continue its balance',
                       w.number, w.account_id, w.transfer_id) AS detail
         FROM (SELECT e.*, a.normal_side, lag(e.balance_after, 1, 0) OVER account AS before,
                      row_number() OVER account AS expected
               FROM entries e JOIN accounts a ON a.id = e.account_id
               WINDOW account AS (PARTITION BY e.account_id ORDER BY e.number)) w
         WHERE w.number <> w.expected
            OR w.balance_after <> w.before + w.amount::numeric * CASE w.normal_side WHEN 'debit' THEN 1 ELSE -1 END",
    ),
    (
        "floor_holds",
        "SELECT format('%s in %s is below its floor of %s', code, currency, floor) AS detail FROM accounts
         WHERE floor IS NOT NULL
           AND posted::numeric - CASE normal_side WHEN 'debit' THEN pending_credits ELSE pending_debits END < floor",
    ),
];

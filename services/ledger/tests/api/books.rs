//! What PostgreSQL refuses, whoever asks.

use diesel::result::Error;
use kernel::{TransferId, UserId};
use ledger::accounts::AccountCode;
use store::violated_constraint;

use crate::support::{TestBooks, draft, euros};

/// Books with one transfer of 100 from unallocated to the bank.
async fn started() -> TestBooks {
    let test = TestBooks::start().await;
    let (bank, unallocated) = (euros(AccountCode::Bank), euros(AccountCode::Unallocated));
    test.poster.post(draft(TransferId::new(), &bank, &unallocated, 100)).await.unwrap();
    test
}

#[track_caller]
pub fn refused(outcome: Result<usize, Error>, by: &str) {
    let error = outcome.unwrap_err();
    let constraint = violated_constraint(&error).map(str::to_owned);
    assert!(constraint.as_deref() == Some(by) || error.to_string().contains(by), "{error:?}");
}

/// Inserts one transfer with two entries on bank and unallocated, continuing their balances unless told otherwise.
pub fn insert(bank: (i64, i64, i64), unallocated: (i64, i64, i64), currency: &str) -> String {
    let entry = |code: AccountCode, position: i64, (number, amount, balance): (i64, i64, i64)| {
        let id = euros(code).id().uuid();
        format!("('{id}'::uuid, {number}, {position}, {amount}, {balance}, '{currency}')")
    };
    format!(
        "WITH t AS (
             INSERT INTO transfers (id, kind, fingerprint, source, effective_at, recorded_at)
             SELECT gen_random_uuid(), 'adjustment', decode(repeat('00', 32), 'hex'), 'x', now(), now() RETURNING id)
         INSERT INTO entries (account_id, number, transfer_id, position, amount, currency, balance_after, recorded_at)
         SELECT e.account, e.number, t.id, e.position, e.amount, e.currency, e.balance, now()
         FROM t, (VALUES {}, {}) AS e (account, number, position, amount, balance, currency)",
        entry(AccountCode::Bank, 0, bank),
        entry(AccountCode::Unallocated, 1, unallocated),
    )
}

#[tokio::test]
async fn a_whole_and_balanced_insert_is_accepted_and_moves_the_balances() {
    let test = started().await;
    test.execute(&insert((2, 5, 105), (2, -5, 105), "EUR")).await.unwrap();
    assert_eq!(test.balance(&euros(AccountCode::Bank)).await, 105);
    assert_eq!(test.balance(&euros(AccountCode::Unallocated)).await, 105);
    test.assert_sound().await;
}

#[tokio::test]
async fn an_unbalanced_insert_is_refused() {
    let test = started().await;
    refused(test.execute(&insert((2, 5, 105), (2, -4, 104), "EUR")).await, "entries_sum_zero");
    assert_eq!(test.balance(&euros(AccountCode::Bank)).await, 100);
    test.assert_sound().await;
}

#[tokio::test]
async fn an_insert_that_does_not_continue_the_balances_is_refused() {
    let test = started().await;
    for (bank, unallocated, currency) in [
        ((2, 5, 104), (2, -5, 105), "EUR"),
        ((2, 5, 105), (2, -5, 95), "EUR"),
        ((3, 5, 105), (2, -5, 105), "EUR"),
        ((2, 5, 105), (2, -5, 105), "USD"),
    ] {
        refused(test.execute(&insert(bank, unallocated, currency)).await, "entries_running_balance");
    }
    test.assert_sound().await;
}

#[tokio::test]
async fn parts_of_a_transfer_are_refused() {
    let test = started().await;
    let bank = euros(AccountCode::Bank).id().uuid();
    let transfer = "INSERT INTO transfers (id, kind, fingerprint, source, effective_at, recorded_at)
                    SELECT gen_random_uuid(), 'adjustment', decode(repeat('00', 32), 'hex'), 'x', now(), now()";
    refused(test.execute(transfer).await, "transfers_have_entries");
    let lone = |id: &str, position: i64| {
        format!(
            "INSERT INTO entries (account_id, number, transfer_id, position, amount, currency, balance_after, recorded_at)
             SELECT '{bank}', 2, {id}, {position}, 5, 'EUR', 105, now()"
        )
    };
    // Nothing can be added to a transfer that is there, even where it would sum to zero.
    refused(test.execute(&lone("(SELECT id FROM transfers)", 2)).await, "entries_sum_zero");
    let pair = "INSERT INTO entries (account_id, number, transfer_id, position, amount, currency, balance_after, recorded_at)
                SELECT e.account_id, e.number + 1, e.transfer_id, e.position + 2, e.amount, 'EUR', e.balance_after * 2, now()
                FROM entries e";
    refused(test.execute(pair).await, "entries_whole_transfer");
    let orphans = pair.replace("e.transfer_id, e.position + 2", "'00000000-0000-7000-8000-000000000000', e.position");
    refused(test.execute(&orphans).await, "entries_whole_transfer");
    test.assert_sound().await;
}

#[tokio::test]
async fn nothing_is_ever_changed_or_removed() {
    let test = started().await;
    for statement in [
        "UPDATE entries SET amount = amount",
        "UPDATE transfers SET source = 'other'",
        "DELETE FROM entries",
        "DELETE FROM transfers",
        "TRUNCATE entries",
        "TRUNCATE transfers",
        "TRUNCATE entries, transfers, accounts CASCADE",
        "DELETE FROM accounts",
        "TRUNCATE accounts",
        "UPDATE accounts SET posted = posted + 1",
        "UPDATE accounts SET entry_count = 0",
        "UPDATE accounts SET normal_side = 'debit'",
        "UPDATE accounts SET currency = 'USD'",
        "UPDATE accounts SET floor = NULL",
        "UPDATE accounts SET pending_debits = 1",
        "INSERT INTO open_holds (hold_id) VALUES (gen_random_uuid())",
        "DELETE FROM open_holds",
        "DELETE FROM hold_legs",
        "UPDATE hold_legs SET amount = amount",
        "TRUNCATE hold_legs",
        "DELETE FROM closed_periods",
        "INSERT INTO accounts (id, code, currency, kind, normal_side, posted, opened_at)
         VALUES (gen_random_uuid(), 'assets:x', 'EUR', 'asset', 'debit', 5, now())",
    ] {
        refused(test.execute(statement).await, "is refused");
    }
    test.assert_sound().await;
}

#[tokio::test]
async fn a_floor_holds_even_for_who_forgets_to_check_it() {
    let test = TestBooks::start().await;
    let (bank, wallet) = (euros(AccountCode::Bank), euros(AccountCode::CustomerWallet(UserId::new())));
    test.poster.post(draft(TransferId::new(), &bank, &wallet, 100)).await.unwrap();
    let overdraw = insert((2, -101, -1), (2, 101, -1), "EUR")
        .replace(&euros(AccountCode::Unallocated).id().uuid().to_string(), &wallet.id().uuid().to_string());
    refused(test.execute(&overdraw).await, "accounts_floor");
    test.assert_sound().await;
}

#[tokio::test]
async fn what_a_superuser_changed_is_found() {
    let test = started().await;
    for (tamper, repair, rule) in [
        (
            "UPDATE entries SET amount = amount + 1 WHERE position = 0",
            "UPDATE entries SET amount = 100 WHERE position = 0",
            "transfer_sums_to_zero",
        ),
        (
            "UPDATE entries SET balance_after = 99 WHERE position = 0",
            "UPDATE entries SET balance_after = 100",
            "running_balance_continues",
        ),
        (
            "UPDATE accounts SET posted = 99 WHERE code = 'assets:bank'",
            "UPDATE accounts SET posted = 100",
            "balance_equals_entries",
        ),
        (
            "UPDATE accounts SET floor = 101 WHERE code = 'assets:bank'",
            "UPDATE accounts SET floor = NULL",
            "floor_holds",
        ),
        ("DELETE FROM entries WHERE position = 1", "", "transfer_is_whole"),
        ("DELETE FROM transfers", "", "entry_belongs_somewhere"),
    ] {
        let disable =
            ["entries", "transfers", "accounts"].map(|table| format!("ALTER TABLE {table} DISABLE TRIGGER ALL"));
        for statement in disable
            .iter()
            .map(String::as_str)
            .chain(["ALTER TABLE accounts DROP CONSTRAINT IF EXISTS accounts_floor", tamper])
        {
            test.execute(statement).await.unwrap();
        }
        let findings = ledger::verify(&test.db).await.unwrap();
        assert!(findings.iter().any(|finding| finding.rule == rule), "{rule}: {findings:?}");
        if !repair.is_empty() {
            test.execute(repair).await.unwrap();
            test.assert_sound().await;
        }
    }
}

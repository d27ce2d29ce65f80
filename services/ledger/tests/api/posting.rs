//! The command layer under concurrency.

use std::sync::Arc;

use kernel::{Currency, TransferId, UserId};
use ledger::{
    accounts::AccountCode,
    transfers::{Leg, PostError, Receipt, Refusal, TransferDraft, TransferKind},
};

use crate::support::{NOW, TestBooks, draft, euros};

async fn all<T: Send + 'static>(tasks: Vec<impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let handles: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
    let mut answers = Vec::new();
    for handle in handles {
        answers.push(handle.await.unwrap());
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_transfer_twenty_times_at_once_is_posted_once() {
    let test = TestBooks::start().await;
    let posters = [test.poster.clone(), test.second_poster()];
    let draft = draft(TransferId::new(), &euros(AccountCode::Bank), &euros(AccountCode::Unallocated), 100);
    let tasks = (0..20).map(|worker| {
        let (poster, draft) = (posters[worker % 2].clone(), draft.clone());
        async move { poster.post(draft).await.unwrap() }
    });
    let answers: Vec<Receipt> = all(tasks.collect()).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(test.number("SELECT count(*) AS n FROM transfers").await, 1);
    assert_eq!(test.balance(&euros(AccountCode::Bank)).await, 100);
    test.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_contents_under_one_id_one_is_posted() {
    let test = TestBooks::start().await;
    let posters = [test.poster.clone(), test.second_poster()];
    let id = TransferId::new();
    let accounts = [AccountCode::Unallocated, AccountCode::Commission, AccountCode::Overage].map(euros);
    let tasks = (0..20).map(|worker| {
        let poster = posters[worker % 2].clone();
        let draft = draft(id, &euros(AccountCode::Bank), &accounts[worker % 3], worker as i64 + 1);
        async move { poster.post(draft).await }
    });
    let answers = all(tasks.collect()).await;
    let refused = |answer: &Result<Receipt, PostError>| matches!(answer, Err(PostError::Refused(Refusal::IdReused(_))));
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| refused(answer)).count(), 19, "{answers:?}");
    assert_eq!(test.number("SELECT count(*) AS n FROM transfers").await, 1);
    test.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_is_never_overdrawn_by_many_at_once() {
    let test = TestBooks::start().await;
    let posters = [test.poster.clone(), test.second_poster()];
    let (bank, wallet) = (euros(AccountCode::Bank), euros(AccountCode::CustomerWallet(UserId::new())));
    test.poster.post(draft(TransferId::new(), &bank, &wallet, 500)).await.unwrap();
    let tasks = (0..20).map(|worker| {
        let poster = posters[worker % 2].clone();
        let draft = draft(TransferId::new(), &wallet, &bank, 100);
        async move { poster.post(draft).await.is_ok() }
    });
    let accepted = all(tasks.collect()).await.into_iter().filter(|accepted| *accepted).count();
    assert_eq!(accepted, 5);
    assert_eq!(test.balance(&wallet).await, 0);
    test.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn transfers_over_the_same_accounts_in_every_direction_do_not_deadlock() {
    let test = TestBooks::start().await;
    let posters = Arc::new([test.poster.clone(), test.second_poster(), test.second_poster()]);
    let codes = [AccountCode::Bank, AccountCode::Unallocated, AccountCode::Commission, AccountCode::Disputes];
    let tasks = (0..24_usize).map(|worker| {
        let posters = posters.clone();
        let (from, to) = (euros(codes[worker % 4].clone()), euros(codes[(worker / 4 + worker + 1) % 4].clone()));
        async move {
            for round in 0..10 {
                let (debited, credited) = if round % 2 == 0 { (&from, &to) } else { (&to, &from) };
                posters[(worker + round) % 3].post(draft(TransferId::new(), debited, credited, 1)).await.unwrap();
            }
        }
    });
    all(tasks.collect()).await;
    assert_eq!(test.number("SELECT count(*) AS n FROM transfers").await, 240);
    // A lost race would be run again and nobody would notice. Sessions report what they have seen when they end.
    drop(posters);
    test.serving.close();
    testkit::eventually("the loops have ended", || async {
        let query = "SELECT count(*) AS n FROM pg_stat_activity
                     WHERE datname = current_database() AND usename = 'ledger_service'";
        (test.number(query).await == 0).then_some(())
    })
    .await;
    let query = "SELECT deadlocks AS n FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(test.number(query).await, 0);
    assert_eq!(test.number("SELECT coalesce(sum(amount), 0)::bigint AS n FROM entries").await, 0);
    test.assert_sound().await;
}

#[tokio::test]
async fn amounts_at_the_edges_are_right_or_refused() {
    let test = TestBooks::start().await;
    let (bank, unallocated) = (euros(AccountCode::Bank), euros(AccountCode::Unallocated));
    test.poster.post(draft(TransferId::new(), &bank, &unallocated, i64::MAX)).await.unwrap();
    let over = test.poster.post(draft(TransferId::new(), &bank, &unallocated, 1)).await;
    assert!(matches!(over, Err(PostError::Refused(Refusal::Overflow(_)))), "{over:?}");
    test.poster.post(draft(TransferId::new(), &unallocated, &bank, i64::MAX)).await.unwrap();
    test.poster.post(draft(TransferId::new(), &unallocated, &bank, i64::MAX)).await.unwrap();
    assert_eq!(test.balance(&bank).await, -i64::MAX);
    test.assert_sound().await;
}

#[tokio::test]
async fn each_currency_of_a_transfer_balances_by_itself() {
    let test = TestBooks::start().await;
    let (yen, euros) = (Currency::JPY, Currency::EUR);
    let legs = vec![
        Leg::debit(AccountCode::Bank.in_currency(yen), 16_000),
        Leg::credit(AccountCode::Unallocated.in_currency(yen), 16_000),
        Leg::debit(AccountCode::Unallocated.in_currency(euros), 10_000),
        Leg::credit(AccountCode::Bank.in_currency(euros), 10_000),
    ];
    let exchange = TransferDraft::new(TransferId::new(), TransferKind::Adjustment, "fx", NOW, legs).unwrap();
    test.poster.post(exchange).await.unwrap();
    assert_eq!(test.balance(&AccountCode::Bank.in_currency(yen)).await, 16_000);
    assert_eq!(test.balance(&AccountCode::Bank.in_currency(euros)).await, -10_000);
    test.assert_sound().await;
}

#[tokio::test]
async fn a_refusal_in_a_transaction_of_others_writes_nothing() {
    let test = TestBooks::start().await;
    let (bank, wallet) = (euros(AccountCode::Bank), euros(AccountCode::CustomerWallet(UserId::new())));
    let drafts = [draft(TransferId::new(), &bank, &wallet, 1), draft(TransferId::new(), &wallet, &bank, 2)];
    let refused: Result<_, PostError> =
        test.db.transaction(async |conn| test.books.post_in_tx(conn, &drafts).await).await;
    assert!(matches!(refused, Err(PostError::Refused(Refusal::BelowFloor(_)))), "{refused:?}");
    assert_eq!(test.number("SELECT count(*) AS n FROM transfers").await, 0);
    // The accounts that the first attempt believed to be open are not; the next one opens them.
    let accepted: Result<_, PostError> =
        test.db.transaction(async |conn| test.books.post_in_tx(conn, &drafts[..1]).await).await;
    assert_eq!(accepted.unwrap().len(), 1);
    test.assert_sound().await;
}

#[tokio::test]
async fn reversing_an_unknown_transfer_fails_alone() {
    let test = TestBooks::start().await;
    let (bank, unallocated) = (euros(AccountCode::Bank), euros(AccountCode::Unallocated));
    let bad = draft(TransferId::new(), &bank, &unallocated, 1).reversing(TransferId::new());
    let good = TransferId::new();
    // Joined, so that both wait for the loop and meet in one batch.
    let (refused, accepted) =
        tokio::join!(test.poster.post(bad), test.poster.post(draft(good, &bank, &unallocated, 5)),);
    assert!(matches!(refused, Err(PostError::Refused(Refusal::ReversesUnknown))), "{refused:?}");
    assert_eq!(accepted.unwrap().transfer_id, good);
    let reversal = draft(TransferId::new(), &unallocated, &bank, 5).reversing(good);
    test.poster.post(reversal).await.unwrap();
    assert_eq!(test.balance(&bank).await, 0);
    test.assert_sound().await;
}

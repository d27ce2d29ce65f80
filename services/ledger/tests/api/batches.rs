//! Several transfers in one request, and several currencies in one transfer.

use kernel::{Currency, TransferId, UserId};
use ledger::{
    accounts::{AccountCode, AccountKey},
    transfers::{Leg, PostError, Refusal, TransferDraft, TransferKind},
};

use crate::support::{NOW, TestBooks, draft, euros};

async fn funded(test: &TestBooks, amount: i64) -> (AccountKey, AccountKey) {
    let (bank, wallet) = (euros(AccountCode::Bank), euros(AccountCode::CustomerWallet(UserId::new())));
    test.poster.post(draft(TransferId::new(), &bank, &wallet, amount)).await.unwrap();
    (bank, wallet)
}

#[tokio::test]
async fn of_a_whole_batch_all_is_posted_or_nothing() {
    let test = TestBooks::start().await;
    let (bank, wallet) = funded(&test, 100).await;
    let spend = |amount| draft(TransferId::new(), &wallet, &bank, amount);
    let refused = test.poster.post_all(vec![spend(60), spend(40), spend(1)]).await;
    assert!(matches!(refused, Err(PostError::Refused(Refusal::BelowFloor(_)))), "{refused:?}");
    assert_eq!(test.balance(&wallet).await, 100);
    let batch = vec![spend(60), spend(40)];
    let receipts = test.poster.post_all(batch.clone()).await.unwrap();
    assert_eq!(test.balance(&wallet).await, 0);
    assert_eq!(test.poster.post_all(batch).await.unwrap(), receipts, "the same batch again");
    assert_eq!(test.number("SELECT count(*) AS n FROM transfers").await, 3);
    test.assert_sound().await;
}

#[tokio::test]
async fn of_a_batch_by_best_effort_each_has_its_own_outcome() {
    let test = TestBooks::start().await;
    let (bank, wallet) = funded(&test, 100).await;
    let spend = |amount| draft(TransferId::new(), &wallet, &bank, amount);
    let batch = vec![spend(60), spend(60), spend(40), spend(1)];
    let outcomes = test.poster.post_each(batch.clone()).await.unwrap();
    let posted: Vec<bool> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(posted, [true, false, true, false]);
    assert_eq!(outcomes[1], Err(Refusal::BelowFloor(wallet.code().to_string())));
    assert_eq!(test.balance(&wallet).await, 0);
    assert_eq!(test.poster.post_each(batch).await.unwrap(), outcomes, "the same batch again");
    assert!(test.poster.post_each(Vec::new()).await.unwrap().is_empty());
    test.assert_sound().await;
}

#[tokio::test]
async fn a_conversion_goes_through_the_positions_of_its_currencies() {
    let test = TestBooks::start().await;
    let (yen, dinars) = (Currency::JPY, "KWD".parse::<Currency>().unwrap());
    // 16,000 JPY, which has no decimals, against 33.500 KWD, which has three.
    let legs = vec![
        Leg::debit(AccountCode::Position.in_currency(yen), 16_000),
        Leg::credit(AccountCode::Bank.in_currency(yen), 16_000),
        Leg::debit(AccountCode::Bank.in_currency(dinars), 33_500),
        Leg::credit(AccountCode::Position.in_currency(dinars), 33_500),
    ];
    let exchange = TransferDraft::new(TransferId::new(), TransferKind::Exchange, "fx", NOW, legs.clone()).unwrap();
    test.poster.post(exchange).await.unwrap();
    assert_eq!(test.balance(&AccountCode::Bank.in_currency(dinars)).await, 33_500);
    assert_eq!(test.balance(&AccountCode::Position.in_currency(yen)).await, 16_000);
    let lopsided = TransferDraft::new(TransferId::new(), TransferKind::Exchange, "fx", NOW, legs[1..3].to_vec());
    assert!(lopsided.is_err(), "each currency balances by itself");
    test.assert_sound().await;
}

#[tokio::test]
async fn a_transfer_is_taken_back_once() {
    let test = TestBooks::start().await;
    let (bank, unallocated) = (euros(AccountCode::Bank), euros(AccountCode::Unallocated));
    let first = draft(TransferId::new(), &bank, &unallocated, 70);
    test.poster.post(first.clone()).await.unwrap();
    let back = || draft(TransferId::new(), &unallocated, &bank, 70).reversing(first.id());
    test.poster.post(back()).await.unwrap();
    let again = test.poster.post(back()).await;
    assert!(matches!(again, Err(PostError::Refused(Refusal::AlreadyReversed))), "{again:?}");
    assert_eq!(test.balance(&bank).await, 0);
    test.assert_sound().await;
}

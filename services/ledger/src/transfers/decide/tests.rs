use kernel::{Currency, UserId};
use uuid::Uuid;

use super::*;
use crate::{
    accounts::{AccountCode, AccountKey},
    transfers::TransferKind,
};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn bank() -> AccountKey {
    AccountCode::Bank.in_currency(Currency::EUR)
}

fn wallet() -> AccountKey {
    AccountCode::CustomerWallet(UserId::from_uuid(Uuid::from_u128(1))).in_currency(Currency::EUR)
}

fn desk(wallet_balance: i64) -> Desk {
    let state = |key: &AccountKey, posted| AccountState {
        id: key.id(),
        side: key.code().kind().normal_side(),
        floor: key.code().floor(),
        posted,
        pending_debits: 0,
        pending_credits: 0,
        entry_count: 7,
        last_recorded_at: None,
    };
    let states = [state(&bank(), wallet_balance), state(&wallet(), wallet_balance)];
    Desk { accounts: states.into_iter().map(|state| (state.id, state)).collect(), ..Desk::default() }
}

/// Money into the wallet; a negative amount takes it out.
fn transfer(id: u128, amount: i64) -> TransferDraft {
    let legs = vec![Leg::debit(bank(), amount), Leg::credit(wallet(), amount)];
    let id = TransferId::from_uuid(Uuid::from_u128(id));
    TransferDraft::new(id, TransferKind::Adjustment, "test", NOW, legs).unwrap()
}

fn outcomes(desk: &mut Desk, drafts: &[TransferDraft]) -> Vec<Result<usize, Refusal>> {
    decide(desk, drafts, NOW).into_iter().map(|decision| decision.map(|decided| decided.entries().len())).collect()
}

fn below_floor() -> Refusal {
    Refusal::BelowFloor(wallet().code().to_string())
}

#[test]
fn a_refused_draft_does_not_harm_its_neighbours() {
    let drafts = [transfer(1, -60), transfer(2, -60), transfer(3, -40), transfer(4, 1), transfer(5, -1)];
    let mut desk = desk(100);
    assert_eq!(outcomes(&mut desk, &drafts), [Ok(2), Err(below_floor()), Ok(2), Ok(2), Ok(2)]);
    let wallet = &desk.accounts[&wallet().id()];
    assert_eq!((wallet.posted, wallet.entry_count), (0, 11));
}

#[test]
fn running_balances_and_numbers_continue_over_drafts() {
    let drafts = [transfer(1, 5), transfer(2, -3)];
    let decided = decide(&mut desk(10), &drafts, NOW);
    let of_wallet: Vec<(i64, i64)> = decided
        .iter()
        .flat_map(|decision| decision.as_ref().unwrap().entries())
        .filter(|entry| entry.account_id == wallet().id())
        .map(|entry| (entry.number, entry.balance_after))
        .collect();
    assert_eq!(of_wallet, [(8, 15), (9, 12)]);
}

#[test]
fn money_held_is_not_there_to_be_spent() {
    let mut desk = desk(100);
    if let Some(account) = desk.accounts.get_mut(&wallet().id()) {
        account.pending_debits = 30;
    }
    assert_eq!(outcomes(&mut desk, &[transfer(1, -71), transfer(2, -70)]), [Err(below_floor()), Ok(2)]);
}

#[test]
fn the_same_id_is_posted_once_and_never_with_another_content() {
    let mut desk = desk(100);
    let drafts = [transfer(1, -60), transfer(1, -60), transfer(1, -61)];
    let reused = Refusal::IdReused(TransferId::from_uuid(Uuid::from_u128(1)));
    assert_eq!(outcomes(&mut desk, &drafts), [Ok(2), Ok(0), Err(reused.clone())]);
    assert_eq!(outcomes(&mut desk, &drafts), [Ok(0), Ok(0), Err(reused)]);
    assert_eq!(desk.accounts[&wallet().id()].posted, 40);
}

#[test]
fn a_refused_id_may_be_tried_again() {
    let mut desk = desk(0);
    assert_eq!(outcomes(&mut desk, &[transfer(1, -5)]), [Err(below_floor())]);
    assert_eq!(outcomes(&mut desk, &[transfer(2, 5), transfer(1, -5)]), [Ok(2), Ok(2)]);
}

#[test]
fn a_balance_never_leaves_the_range_of_an_amount() {
    let mut desk = desk(1);
    let overflow = Refusal::Overflow(bank().code().to_string());
    assert_eq!(outcomes(&mut desk, &[transfer(1, i64::MAX), transfer(2, i64::MAX - 1)]), [Err(overflow), Ok(2)]);
    assert_eq!(desk.accounts[&wallet().id()].posted, i64::MAX);
}

#[test]
fn the_floor_counts_after_all_legs() {
    // Out of the wallet and back in: in between it is below zero.
    let legs =
        vec![Leg::debit(wallet(), 50), Leg::credit(bank(), 50), Leg::debit(bank(), 50), Leg::credit(wallet(), 50)];
    let id = TransferId::from_uuid(Uuid::from_u128(1));
    let round_trip = TransferDraft::new(id, TransferKind::Adjustment, "test", NOW, legs).unwrap();
    assert_eq!(outcomes(&mut desk(0), &[round_trip]), [Ok(4)]);
}

//! Two-phase transfers: hold, then capture, void or expire.

use jiff::{SignedDuration, Timestamp};
use kernel::{TransferId, UserId};
use ledger::{
    accounts::{AccountCode, AccountKey},
    transfers::{Action, Leg, PostError, Receipt, Refusal, TransferDraft, TransferKind},
};

use crate::{
    books::refused,
    support::{NOW, TestBooks, draft, euros},
};

/// A wallet with money in it, and holds on it.
struct Scene {
    test: TestBooks,
    bank: AccountKey,
    wallet: AccountKey,
}

impl Scene {
    async fn with(amount: i64) -> Self {
        let test = TestBooks::start().await;
        let (bank, wallet) = (euros(AccountCode::Bank), euros(AccountCode::CustomerWallet(UserId::new())));
        test.poster.post(draft(TransferId::new(), &bank, &wallet, amount)).await.unwrap();
        Self { test, bank, wallet }
    }

    fn legs(&self, amount: i64) -> Vec<Leg> {
        vec![Leg::debit(self.wallet.clone(), amount), Leg::credit(self.bank.clone(), amount)]
    }

    async fn act(&self, action: Action) -> Result<Receipt, PostError> {
        let draft = TransferDraft::of(TransferId::new(), TransferKind::CreditsSpent, "test", NOW, action);
        self.test.poster.post(draft.unwrap()).await
    }

    async fn hold(&self, amount: i64, expires_at: Option<Timestamp>) -> Result<TransferId, PostError> {
        let receipt = self.act(Action::Hold { legs: self.legs(amount), expires_at }).await?;
        Ok(receipt.transfer_id)
    }

    async fn capture(&self, hold_id: TransferId, amount: Option<i64>) -> Result<Receipt, PostError> {
        self.act(Action::Capture { hold_id, legs: amount.map(|amount| self.legs(amount)) }).await
    }

    /// What the wallet has posted, and what is held of it.
    async fn wallet(&self) -> (i64, i64) {
        let (posted, held, _) = self.test.state(&self.wallet).await;
        (posted, held)
    }
}

#[track_caller]
fn refused_as<T: std::fmt::Debug>(answer: Result<T, PostError>, refusal: Refusal) {
    assert!(matches!(&answer, Err(PostError::Refused(given)) if *given == refusal), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_six_holds_on_money_for_five_one_is_refused() {
    let scene = Scene::with(5_000).await;
    let holds = (0..6).map(|_| scene.hold(1_000, None));
    let outcomes = futures_util::future::join_all(holds).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 5, "{outcomes:?}");
    assert_eq!(scene.wallet().await, (5_000, 5_000));
    refused_as(scene.act(Action::Post(scene.legs(1))).await, Refusal::BelowFloor(scene.wallet.code().to_string()));
    scene.test.assert_sound().await;
}

#[tokio::test]
async fn a_hold_is_captured_in_part_and_the_rest_is_let_go() {
    let scene = Scene::with(1_000).await;
    let hold_id = scene.hold(800, None).await.unwrap();
    assert_eq!(scene.wallet().await, (1_000, 800));
    refused_as(scene.capture(hold_id, Some(801)).await, Refusal::ExceedsHold(scene.wallet.code().to_string()));
    scene.capture(hold_id, Some(300)).await.unwrap();
    assert_eq!(scene.wallet().await, (700, 0));
    for action in [Action::Capture { hold_id, legs: None }, Action::Void(hold_id), Action::Expire(hold_id)] {
        refused_as(scene.act(action).await, Refusal::HoldClosed(hold_id));
    }
    scene.test.assert_sound().await;
}

#[tokio::test]
async fn several_legs_are_captured_together() {
    let scene = Scene::with(1_000).await;
    let fees = euros(AccountCode::Commission);
    let legs = |bank: i64, fee: i64| {
        vec![
            Leg::debit(scene.wallet.clone(), bank + fee),
            Leg::credit(scene.bank.clone(), bank),
            Leg::credit(fees.clone(), fee),
        ]
    };
    let receipt = scene.act(Action::Hold { legs: legs(600, 60), expires_at: None }).await.unwrap();
    let hold_id = receipt.transfer_id;
    let other = vec![Leg::debit(scene.wallet.clone(), 1), Leg::credit(euros(AccountCode::Overage), 1)];
    refused_as(
        scene.act(Action::Capture { hold_id, legs: Some(other) }).await,
        Refusal::ExceedsHold("income:overage".to_owned()),
    );
    let turned = legs(-1, -1);
    let answer = scene.act(Action::Capture { hold_id, legs: Some(turned) }).await;
    assert!(matches!(answer, Err(PostError::Refused(Refusal::ExceedsHold(_)))), "{answer:?}");
    scene.act(Action::Capture { hold_id, legs: Some(legs(500, 50)) }).await.unwrap();
    assert_eq!(scene.wallet().await, (450, 0));
    assert_eq!(scene.test.state(&fees).await, (50, 0, 0));
    scene.test.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_captures_at_once_one_wins_also_between_processes() {
    let scene = Scene::with(1_000).await;
    let second = scene.test.second_poster();
    for _ in 0..10 {
        let hold_id = scene.hold(100, None).await.unwrap();
        let capture = || {
            let action = Action::Capture { hold_id, legs: None };
            TransferDraft::of(TransferId::new(), TransferKind::CreditsSpent, "test", NOW, action).unwrap()
        };
        let (one, other) = tokio::join!(scene.test.poster.post(capture()), second.post(capture()));
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        let loser = if one.is_ok() { other } else { one };
        refused_as(loser, Refusal::HoldClosed(hold_id));
    }
    assert_eq!(scene.wallet().await, (0, 0));
    scene.test.assert_sound().await;
}

#[tokio::test]
async fn a_voided_hold_gives_everything_back_and_stays_void() {
    let scene = Scene::with(1_000).await;
    let hold_id = scene.hold(1_000, None).await.unwrap();
    scene.act(Action::Void(hold_id)).await.unwrap();
    assert_eq!(scene.wallet().await, (1_000, 0));
    refused_as(scene.capture(hold_id, None).await, Refusal::HoldClosed(hold_id));
    let unknown = TransferId::new();
    refused_as(scene.capture(unknown, None).await, Refusal::HoldUnknown(unknown));
    scene.test.assert_sound().await;
}

#[tokio::test]
async fn the_same_closing_again_gets_the_same_answer() {
    let scene = Scene::with(1_000).await;
    let hold_id = scene.hold(1_000, None).await.unwrap();
    let action = Action::Capture { hold_id, legs: None };
    let capture = TransferDraft::of(TransferId::new(), TransferKind::CreditsSpent, "test", NOW, action).unwrap();
    let receipt = scene.test.poster.post(capture.clone()).await.unwrap();
    assert_eq!(scene.test.poster.post(capture.clone()).await.unwrap(), receipt);
    let void = TransferDraft::of(capture.id(), TransferKind::CreditsSpent, "test", NOW, Action::Void(hold_id)).unwrap();
    refused_as(scene.test.poster.post(void).await, Refusal::IdReused(capture.id()));
    assert_eq!(scene.wallet().await, (0, 0));
}

#[tokio::test]
async fn a_hold_is_over_at_its_very_instant() {
    let scene = Scene::with(1_000).await;
    let expires_at = scene.test.books.now() + SignedDuration::from_secs(60);
    let hold_id = scene.hold(1_000, Some(expires_at)).await.unwrap();
    scene.test.clock.advance(SignedDuration::from_secs(59));
    refused_as(scene.act(Action::Expire(hold_id)).await, Refusal::HoldNotOver);
    refused_as(scene.hold(1, None).await, Refusal::BelowFloor(scene.wallet.code().to_string()));
    scene.test.clock.advance(SignedDuration::from_secs(1));
    refused_as(scene.capture(hold_id, None).await, Refusal::HoldExpired);
    // Nobody has to wait for the job that lets it go.
    scene.hold(1_000, None).await.unwrap();
    assert_eq!(scene.wallet().await, (1_000, 1_000));
    assert_eq!(scene.test.number("SELECT count(*) AS n FROM transfers WHERE phase = 'expired'").await, 1);
    refused_as(scene.hold(1, Some(scene.test.books.now())).await, Refusal::HoldExpired);
    scene.test.assert_sound().await;
}

#[tokio::test]
async fn a_hold_and_its_capture_fit_into_one_batch() {
    let scene = Scene::with(1_000).await;
    let (hold_id, kind) = (TransferId::new(), TransferKind::CreditsSpent);
    let of = |id, action| TransferDraft::of(id, kind, "test", NOW, action).unwrap();
    let batch = vec![
        draft(TransferId::new(), &scene.bank, &scene.wallet, 500),
        of(hold_id, Action::Hold { legs: scene.legs(1_500), expires_at: None }),
        of(TransferId::new(), Action::Capture { hold_id, legs: Some(scene.legs(1_400)) }),
        draft(TransferId::new(), &scene.wallet, &scene.bank, 100),
    ];
    scene.test.poster.post_all(batch).await.unwrap();
    assert_eq!(scene.wallet().await, (0, 0));
    scene.test.assert_sound().await;
}

/// A transfer in a phase, closing a hold, as SQL.
fn closing(hold_id: TransferId, phase: &str, recorded_at: Timestamp) -> String {
    format!(
        "INSERT INTO transfers (id, kind, fingerprint, source, effective_at, recorded_at, phase, hold_id)
         SELECT gen_random_uuid(), 'adjustment', decode(repeat('00', 32), 'hex'), 'x', '{recorded_at}', '{recorded_at}',
                '{phase}', '{}'",
        hold_id.uuid()
    )
}

#[tokio::test]
async fn the_database_closes_a_hold_once_and_in_time_whoever_asks() {
    let scene = Scene::with(1_000).await;
    let expires_at = scene.test.books.now() + SignedDuration::from_secs(60);
    let hold_id = scene.hold(1_000, Some(expires_at)).await.unwrap();
    let early = closing(hold_id, "expired", expires_at - SignedDuration::from_secs(1));
    refused(scene.test.execute_as_service(&early).await, "transfers_close_in_time");
    let unknown = closing(TransferId::new(), "voided", expires_at);
    refused(scene.test.execute_as_service(&unknown).await, "transfers_close_in_time");
    // Half of a capture: the hold is closed and nothing is posted.
    refused(scene.test.execute_as_service(&closing(hold_id, "captured", NOW)).await, "transfers_have_entries");
    scene.test.execute_as_service(&closing(hold_id, "voided", expires_at)).await.unwrap();
    refused(scene.test.execute_as_service(&closing(hold_id, "voided", expires_at)).await, "transfers_hold_closed_once");
    assert_eq!(scene.wallet().await, (1_000, 0));
    scene.test.assert_sound().await;
}

#[tokio::test]
async fn the_database_counts_what_is_pending_against_the_floor() {
    let scene = Scene::with(1_000).await;
    let hold = |amounts: [i64; 2]| {
        format!(
            "WITH t AS (
                 INSERT INTO transfers (id, kind, fingerprint, source, effective_at, recorded_at, phase)
                 SELECT gen_random_uuid(), 'adjustment', decode(repeat('00', 32), 'hex'), 'x', now(), now(), 'held'
                 RETURNING id)
             INSERT INTO hold_legs (hold_id, position, account_id, amount, currency)
             SELECT t.id, l.position, l.account, l.amount, 'EUR'
             FROM t, (VALUES (0, '{}'::uuid, {}), (1, '{}'::uuid, {})) AS l (position, account, amount)",
            scene.wallet.id().uuid(),
            amounts[0],
            scene.bank.id().uuid(),
            amounts[1],
        )
    };
    refused(scene.test.execute_as_service(&hold([1_001, -1_001])).await, "accounts_floor");
    refused(scene.test.execute_as_service(&hold([10, -9])).await, "hold_legs_sum_zero");
    scene.test.execute_as_service(&hold([1_000, -1_000])).await.unwrap();
    assert_eq!(scene.wallet().await, (1_000, 1_000));
    refused(scene.test.execute_as_service(&hold([1, -1])).await, "accounts_floor");
    scene.test.assert_sound().await;
}

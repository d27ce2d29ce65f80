//! The hash chain: what a superuser changes is found, and named.

use kernel::TransferId;
use ledger::{accounts::AccountCode, seals::Sealer, transfers::Action};

use crate::support::{TestBooks, draft, euros};

async fn posted(test: &TestBooks, count: i64) -> Vec<TransferId> {
    let (bank, unallocated) = (euros(AccountCode::Bank), euros(AccountCode::Unallocated));
    let drafts = (1..=count).map(|amount| draft(TransferId::new(), &bank, &unallocated, amount));
    test.poster.post_all(drafts.collect()).await.unwrap().into_iter().map(|receipt| receipt.transfer_id).collect()
}

async fn seal(test: &TestBooks) -> usize {
    let sealer = Sealer::default();
    testkit::eventually("everything is sealed", async || {
        sealer.seal(&test.serving, test.books.now()).await.unwrap();
        (unsealed(test).await == 0).then_some(())
    })
    .await;
    test.number("SELECT coalesce(sum(cardinality(transfers)), 0)::bigint AS n FROM seals").await as usize
}

async fn unsealed(test: &TestBooks) -> i64 {
    ledger::seals::unsealed(&mut test.serving.conn().await.unwrap()).await.unwrap()
}

async fn findings(test: &TestBooks) -> Vec<String> {
    ledger::verify(&test.db).await.unwrap().iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_change_that_balances_is_still_found_and_its_transfer_named() {
    let test = TestBooks::start().await;
    let transfers = posted(&test, 5).await;
    let (bank, unallocated) = (euros(AccountCode::Bank), euros(AccountCode::Unallocated));
    let hold = draft(TransferId::new(), &bank, &unallocated, 7);
    let action = Action::Hold { legs: hold.legs().to_vec(), expires_at: None };
    let hold =
        ledger::transfers::TransferDraft::of(TransferId::new(), hold.kind(), "test", hold.effective_at(), action);
    test.poster.post(hold.unwrap()).await.unwrap();
    assert_eq!(unsealed(&test).await, 6);
    assert_eq!(seal(&test).await, 6);
    test.assert_sound().await;
    let third = transfers[2].uuid();
    for table in ["transfers", "entries", "hold_legs", "seals"] {
        test.execute(&format!("ALTER TABLE {table} DISABLE TRIGGER ALL")).await.unwrap();
    }
    for (tamper, repair, tells) in [
        (
            format!("UPDATE transfers SET source = 'forged' WHERE id = '{third}'"),
            format!("UPDATE transfers SET source = 'test' WHERE id = '{third}'"),
            format!("({third}) was changed"),
        ),
        (
            format!("UPDATE transfers SET effective_at = effective_at - interval '1 day' WHERE id = '{third}'"),
            format!("UPDATE transfers SET effective_at = effective_at + interval '1 day' WHERE id = '{third}'"),
            format!("({third}) was changed"),
        ),
        (
            "UPDATE hold_legs SET amount = amount * 2".to_owned(),
            "UPDATE hold_legs SET amount = amount / 2".to_owned(),
            "was changed".to_owned(),
        ),
        (
            "UPDATE seals SET digests[3] = digests[2]".to_owned(),
            String::new(),
            "seal 1 does not continue the chain".to_owned(),
        ),
    ] {
        test.execute(&tamper).await.unwrap();
        let found = findings(&test).await;
        assert!(found.iter().any(|finding| finding.contains(&tells)), "{tamper}: {found:?}");
        if !repair.is_empty() {
            test.execute(&repair).await.unwrap();
            test.assert_sound().await;
        }
    }
}

#[tokio::test]
async fn a_transfer_that_is_still_being_written_is_waited_for() {
    let test = TestBooks::start().await;
    posted(&test, 1).await;
    let mut slow = test.db.conn().await.unwrap();
    let run = async |conn: &mut store::PooledConn, statement: &str| {
        diesel_async::RunQueryDsl::execute(diesel::sql_query(statement), &mut **conn).await.unwrap();
    };
    // A number is taken, and everybody else overtakes.
    run(&mut slow, "BEGIN").await;
    run(&mut slow, "SELECT pg_current_xact_id()").await;
    run(&mut slow, "SELECT nextval(pg_get_serial_sequence('transfers', 'seq'))").await;
    posted(&test, 2).await;
    let sealer = Sealer::default();
    assert_eq!(sealer.seal(&test.serving, test.books.now()).await.unwrap(), 0);
    run(&mut slow, "COMMIT").await;
    assert_eq!(seal(&test).await, 3);
    test.assert_sound().await;
}

#[tokio::test]
async fn the_chain_grows_by_what_is_new_whoever_seals() {
    let test = TestBooks::start().await;
    posted(&test, 2).await;
    assert_eq!(seal(&test).await, 2);
    assert_eq!(seal(&test).await, 2);
    posted(&test, 3).await;
    let now = test.books.now();
    let (one, other) = (Sealer::default(), Sealer::default());
    let (one, other) = tokio::join!(one.seal(&test.serving, now), other.seal(&test.serving, now));
    assert!(one.unwrap() + other.unwrap() <= 3);
    assert_eq!(seal(&test).await, 5);
    test.assert_sound().await;
}

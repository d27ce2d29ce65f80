//! A small model in memory predicts every answer of the ledger, while the processes that give them are killed and
//! started again.

mod processes;
mod worker;

use std::sync::Arc;

use jiff::SignedDuration;
use ledger::{accounts::AccountCode, transfers::expiry::expire_due_holds};

use self::{processes::Processes, worker::Worker};
use crate::support::{Dice, TestBooks, euros};

const WORKERS: u64 = 20;

/// Of every worker in one round; after each round the books are examined.
const OPERATIONS: usize = 50;

fn rounds() -> usize {
    testkit::budget(5, 50)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_differs_from_the_auditors() {
    let test = TestBooks::start().await;
    let seed = Dice::seed();
    println!("ROOMTONE_TEST_SEED={seed}");
    let processes = Arc::new(Processes::start(&test, 2));
    let mut workers: Vec<Worker> =
        (0..WORKERS).map(|number| Worker::new(seed.wrapping_mul(31).wrapping_add(number * 2 + 1))).collect();
    let mut dice = Dice::new(seed);
    for round in 0..rounds() {
        workers = run(workers, &processes, &mut dice).await;
        examine(&test, &workers, &format!("seed {seed}, round {round}")).await;
        // The time of every hold that has one is over.
        test.clock.advance(SignedDuration::from_hours(1));
        expire_due_holds(&test.serving, &test.books).await.expect("holds expire");
        workers.iter_mut().for_each(Worker::time_is_over);
    }
    let (mut refused, mut closed) = (0, 0);
    for worker in &workers {
        refused += worker.refused;
        closed += worker.holds.iter().filter(|hold| hold.is_closed).count();
    }
    assert!(refused > 0 && closed > 0 && processes.killed() > 0, "{refused} {closed}");
}

/// One round: everybody works, and somewhere on the way a process is killed and started again.
async fn run(workers: Vec<Worker>, processes: &Arc<Processes>, dice: &mut Dice) -> Vec<Worker> {
    let victim_falls_after = processes.answered() + dice.below(WORKERS * OPERATIONS as u64 / 2);
    let victim = dice.below(2) as usize;
    let working: Vec<_> = workers
        .into_iter()
        .enumerate()
        .map(|(number, worker)| tokio::spawn(worker.run(processes.clone(), number, OPERATIONS)))
        .collect();
    let killing = tokio::spawn({
        let processes = processes.clone();
        async move {
            testkit::eventually("the round is under way", || async {
                (processes.answered() >= victim_falls_after).then_some(())
            })
            .await;
            processes.kill_and_restart(victim).await;
        }
    });
    let mut done = Vec::new();
    for worker in working {
        done.push(worker.await.expect("no answer differs"));
    }
    killing.await.expect("a process was killed");
    done
}

/// What has to hold: every transfer sums to zero, no wallet is below zero, balances follow from entries, floors hold,
/// what is pending are the open holds (all of them by `verify`), and nothing is written but what was accepted.
async fn examine(test: &TestBooks, workers: &[Worker], when: &str) {
    let findings = ledger::verify(&test.db).await.expect("an answer");
    assert_eq!(findings, [], "{when}");
    let accepted: usize = workers.iter().map(|worker| worker.accepted).sum();
    let written = test.number("SELECT count(*) AS n FROM transfers WHERE phase <> 'expired'").await;
    assert_eq!(written, accepted as i64, "{when}: refusals write nothing");
    for worker in workers {
        for wallet in &worker.wallets {
            let expected = (worker.posted(wallet), worker.held(wallet), 0);
            assert_eq!(test.state(wallet).await, expected, "{when}: {wallet:?}");
        }
    }
    for shared in &workers[0].shared {
        let debit: i64 = workers.iter().map(|worker| worker.posted(shared)).sum();
        let expected = if *shared == euros(AccountCode::Bank) { debit } else { -debit };
        assert_eq!(test.balance(shared).await, expected, "{when}: {shared:?}");
    }
}

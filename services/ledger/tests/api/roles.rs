//! What the service's own role may do with the book: read it and add to it.

use kernel::TransferId;
use ledger::accounts::AccountCode;
use testkit::TestService;

use crate::{
    books::{insert, refused},
    support::{TestBooks, draft, euros, number},
};

async fn started() -> TestBooks {
    let test = TestBooks::start().await;
    let (bank, unallocated) = (euros(AccountCode::Bank), euros(AccountCode::Unallocated));
    test.poster.post(draft(TransferId::new(), &bank, &unallocated, 100)).await.unwrap();
    test
}

#[tokio::test]
async fn the_services_role_changes_nothing_of_the_book() {
    let test = started().await;
    let tables = ["transfers", "entries", "hold_legs", "open_holds", "closed_periods", "seals", "financial_actions"];
    for table in tables {
        for statement in [format!("DELETE FROM {table}"), format!("TRUNCATE {table}")] {
            refused(test.execute_as_service(&statement).await, "permission denied");
        }
    }
    for statement in [
        "UPDATE transfers SET source = source",
        "UPDATE entries SET amount = amount",
        "UPDATE hold_legs SET amount = amount",
        "UPDATE open_holds SET expires_at = NULL",
        "INSERT INTO open_holds (hold_id) VALUES (gen_random_uuid())",
        "UPDATE closed_periods SET through = through",
        "UPDATE accounts SET posted = 0",
        "UPDATE accounts SET floor = NULL",
        "UPDATE accounts SET pending_debits = 0",
        "DELETE FROM accounts",
        "TRUNCATE accounts",
        "DROP TABLE entries",
        "ALTER TABLE entries DISABLE TRIGGER ALL",
        "DROP TRIGGER entries_apply ON entries",
        "CREATE TABLE other (id int)",
        "SELECT ledger_move_pending(ARRAY[]::uuid[], 1)",
        "SELECT ledger_close_holds(ARRAY[]::uuid[])",
    ] {
        let error = test.execute_as_service(statement).await.unwrap_err().to_string();
        assert!(error.contains("permission denied") || error.contains("must be owner"), "{statement}: {error}");
    }
    // The right to this column is what PostgreSQL wants for locking a row; the triggers refuse to use it.
    refused(test.execute_as_service("UPDATE accounts SET id = id").await, "is refused");
    test.assert_sound().await;
}

#[tokio::test]
async fn the_services_role_inserts_what_is_whole_and_nothing_else() {
    let test = started().await;
    refused(test.execute_as_service(&insert((2, 5, 105), (2, -4, 104), "EUR")).await, "entries_sum_zero");
    refused(test.execute_as_service(&insert((2, 5, 105), (2, -5, 104), "EUR")).await, "entries_running_balance");
    test.execute_as_service(&insert((2, 5, 105), (2, -5, 105), "EUR")).await.unwrap();
    test.assert_sound().await;
}

#[tokio::test]
async fn a_table_of_the_services_own_cannot_pose_as_one_of_the_books() {
    let test = started().await;
    let mut conn = test.serving.conn().await.unwrap();
    for statement in ["CREATE TEMP TABLE accounts (LIKE public.accounts)", "SET search_path = pg_temp, public"] {
        diesel_async::RunQueryDsl::execute(diesel::sql_query(statement), &mut *conn).await.unwrap();
    }
    let forged = insert((2, 5, 105), (2, -4, 104), "EUR");
    refused(diesel_async::RunQueryDsl::execute(diesel::sql_query(forged), &mut *conn).await, "entries_sum_zero");
    let honest = insert((2, 5, 105), (2, -5, 105), "EUR");
    diesel_async::RunQueryDsl::execute(diesel::sql_query(honest), &mut *conn).await.unwrap();
    assert_eq!(test.balance(&euros(AccountCode::Bank)).await, 105);
    test.assert_sound().await;
}

#[tokio::test]
async fn the_running_service_connects_as_its_own_role_and_is_ready_only_so() {
    let service = TestService::start(ledger::service()).await;
    service.get("/health/ready").send().await.expect(200);
    let sessions = "SELECT count(*) AS n FROM pg_stat_activity
                    WHERE datname = current_database() AND usename = 'ledger_service'";
    assert!(number(&service.db, sessions).await > 0);
    let owner = service.database().url();
    let wrong = TestService::builder(ledger::service())
        .on_database(service.database())
        .setting("ledger_serving_database_url", &owner)
        .start()
        .await;
    let answer = wrong.get("/health/ready").send().await;
    assert_eq!(answer.status, 503, "{answer:?}");
}

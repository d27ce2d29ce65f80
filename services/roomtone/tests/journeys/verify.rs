//! `roomtone ledger verify`, as an auditor runs it.

use diesel::{QueryableByName, sql_types::Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use crate::support::{Layout, Scene, TestPlatform};

#[derive(QueryableByName)]
struct Changed {
    #[diesel(sql_type = Text)]
    transfer: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_byte_that_a_superuser_changed_is_named_by_its_transfer() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let scene = Scene::set(&platform).await;
    let booking = scene.book(&platform, 0).await;
    scene.pay(&platform, &booking).await;
    scene.company_balance(&platform, 4284, 0).await;
    let (holds, said) = verify(&platform);
    assert!(holds && said.ends_with("everything holds\n"), "{said}");

    let db = platform.db("ledger");
    let mut conn = db.conn().await.unwrap();
    conn.batch_execute("ALTER TABLE entries DISABLE TRIGGER ALL").await.unwrap();
    let change = "UPDATE entries SET amount = amount + 1 WHERE position = 0 AND transfer_id = (SELECT min(id::text)::uuid FROM transfers)
                  RETURNING transfer_id::text AS transfer";
    let Changed { transfer } = diesel::sql_query(change).get_result(&mut *conn).await.unwrap();
    let (holds, said) = verify(&platform);
    assert!(!holds && said.contains(&format!("transfer_sums_to_zero: transfer {transfer} is off by 1 EUR")), "{said}");
}

fn verify(platform: &TestPlatform) -> (bool, String) {
    let output = platform.command(&["ledger", "verify"]);
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

//! What a connection keeps of the statements that it has prepared.

use diesel::{ExpressionMethods, QueryDsl, QueryResult, sql_types::BigInt};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use store::{
    Conn, Db,
    sql::{Prepare, statement},
};
use testkit::TestDatabase;

diesel::table! {
    things (id) {
        id -> Int4,
        name -> Nullable<Text>,
    }
}

async fn prepared_updates(conn: &mut Conn) -> QueryResult<i64> {
    let count = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'UPDATE%'";
    statement::<BigInt>(count).get_result(conn).await
}

#[tokio::test]
async fn an_update_is_prepared_once_and_another_text_is_another_update() {
    let data = TestDatabase::empty("prepared").await;
    let mut conn = Db::new(&data.url(), 1).unwrap().conn().await.unwrap();
    let setup = "CREATE TABLE things (id int PRIMARY KEY, name text); INSERT INTO things VALUES (1, 'a'), (2, 'b')";
    conn.batch_execute(setup).await.unwrap();
    for name in [Some("c"), None, Some("d")] {
        let update = diesel::update(things::table.find(1)).set(things::name.eq(name));
        assert_eq!(update.prepared().execute(&mut conn).await.unwrap(), 1);
    }
    assert_eq!(prepared_updates(&mut conn).await.unwrap(), 1);
    let others = diesel::update(things::table.filter(things::id.ne(1))).set((things::id.eq(3), things::name.eq("e")));
    assert_eq!(others.prepared().execute(&mut conn).await.unwrap(), 1);
    assert_eq!(prepared_updates(&mut conn).await.unwrap(), 2);
    let all: Vec<(i32, Option<String>)> = things::table.order(things::id).load(&mut conn).await.unwrap();
    assert_eq!(all, [(1, Some("d".to_owned())), (3, Some("e".to_owned()))]);
}

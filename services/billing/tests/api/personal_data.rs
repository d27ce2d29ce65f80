use contracts::auth::v1::UserErased;
use diesel::{QueryableByName, sql_types::BigInt};
use diesel_async::RunQueryDsl;
use testkit::CallerToken;

use crate::support::World;

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

async fn kept_addresses(world: &World) -> i64 {
    let mut conn = world.service.db.conn().await.unwrap();
    let query = "SELECT count(customer_email) AS n FROM payment_sessions";
    diesel::sql_query(query).get_result::<Number>(&mut *conn).await.unwrap().n
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_customers_address_is_forgotten_and_the_payment_stays() {
    let world = World::start().await;
    let booking = world.hold().await;
    world.open_session(&booking.booking_id).await.expect(201);
    assert_eq!(kept_addresses(&world).await, 1);
    let somebody = CallerToken::default().user_id();
    for (user_id, left) in [(somebody, 1), (world.customer.user_id(), 0), (world.customer.user_id(), 0)] {
        world.service.deliver(user_id.uuid(), 9, &UserErased { user_id: user_id.to_string() }).await;
        assert_eq!(kept_addresses(&world).await, left);
    }
    let page = world.as_customer(world.service.get("/api/payments")).send().await.expect(200);
    assert_eq!(page["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn auth_alone_reads_what_a_customer_has_paid() {
    let world = World::start().await;
    let booking = world.hold().await;
    let payment = world.open_session(&booking.booking_id).await.expect(201);
    let path = format!("/internal/users/{}/personal-data", world.customer.user_id());
    let ask = async |caller: &str| {
        let token = world.service.keys.service_token(caller, "billing");
        world.service.get(&path).bearer(&token).send().await
    };
    let page = ask("auth").await.expect(200);
    assert_eq!((&page["data"][0]["id"], page["data"].as_array().unwrap().len()), (&payment["id"], 1));
    ask("booking").await.expect_problem(403, "service_not_allowed");
    world.as_customer(world.service.get(&path)).send().await.expect_problem(401, "invalid_token");
}

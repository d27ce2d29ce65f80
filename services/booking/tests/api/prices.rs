use serde_json::{Value, json};
use testkit::CallerToken;

use crate::scene::{Scene, merged, prices};

fn full() -> Value {
    json!({
        "currency": "EUR", "hourly_rate": 2000,
        "rules": [{"name": "Friday evening", "weekdays": ["friday"], "from": "18:00", "to": "24:00", "hourly_rate": 3000}],
        "day_rate": {"amount": 15000, "hours": 10}, "minimum_charge": 4000,
        "extra_person": {"included": 4, "per_use": 0, "per_hour": 300},
        "duration_discounts": [{"min_hours": 8, "percent": "10.0"}],
        "add_ons": [
            {"name": "Engineer", "per_use": 0, "per_hour": 2500, "stock": 1, "stock_shared": false, "engineers": []},
            {
                "name": "Microphone", "per_use": 500, "per_hour": 0, "stock": 4, "stock_shared": true, "engineers": [],
            },
        ],
        "cleaning_fee": 1000, "tax_rate": "19.0", "deposit_percent": null, "deposit_amount": 5000,
        "cancellation_policy": [{"min_hours_before": 24, "refund_percent": "50"}, {"min_hours_before": 168, "refund_percent": "100"}],
    })
}

#[tokio::test]
async fn a_price_list_is_answered_as_it_was_sent_with_ids_that_stay() {
    let scene = Scene::start().await;
    let path = format!("/api/rooms/{}/prices", scene.room_id);
    let saved = scene.as_owner(&path).json(full()).send().await.expect(200);
    let engineer = saved["add_ons"][0]["id"].as_str().unwrap().to_owned();
    assert!(engineer.starts_with("add_"));
    let mut expected = full();
    expected["add_ons"][0]["id"] = saved["add_ons"][0]["id"].clone();
    expected["add_ons"][1]["id"] = saved["add_ons"][1]["id"].clone();
    expected["cancellation_policy"] = json!([
        {"min_hours_before": 168, "refund_percent": "100"}, {"min_hours_before": 24, "refund_percent": "50"},
    ]);
    expected["tax_rate"] = saved["tax_rate"].clone();
    assert_eq!(saved, expected);
    assert_eq!(scene.service.get(&path).send().await.expect(200), saved);

    // What was answered can be sent back; what keeps its name keeps its id, also after it was away for a while.
    assert_eq!(scene.as_owner(&path).json(saved.clone()).send().await.expect(200), saved);
    let without = merged(full(), json!({"add_ons": []}));
    assert_eq!(scene.as_owner(&path).json(without).send().await.expect(200)["add_ons"], json!([]));
    let back = merged(full(), json!({"add_ons": [{"name": "Engineer", "per_hour": 3000}]}));
    let back = scene.as_owner(&path).json(back).send().await.expect(200);
    let engineer = json!([{
        "id": engineer, "name": "Engineer", "per_use": 0, "per_hour": 3000, "stock": null, "stock_shared": false,
        "engineers": [],
    }]);
    assert_eq!(back["add_ons"], engineer);
}

#[tokio::test]
async fn prices_are_in_the_companys_currency_and_sensible() {
    let scene = Scene::start().await;
    let path = format!("/api/rooms/{}/prices", scene.room_id);
    for (changes, code, pointer) in [
        (json!({"currency": "GBP"}), "wrong_currency", "/currency"),
        (json!({"currency": "XXX"}), "validation_failed", "/currency"),
        (json!({"hourly_rate": -1}), "validation_failed", "/hourly_rate"),
        (json!({"hourly_rate": "20"}), "validation_failed", "/hourly_rate"),
        (json!({"hourly_rate": 20.5}), "validation_failed", "/hourly_rate"),
        (json!({"hourly_rate": i64::MAX}), "validation_failed", "/hourly_rate"),
        (json!({"tax_rate": 19.0}), "validation_failed", "/tax_rate"),
        (json!({"tax_rate": "101"}), "validation_failed", "/tax_rate"),
        (json!({"tax_rate": "1e1"}), "validation_failed", "/tax_rate"),
        (json!({"deposit_percent": "-1"}), "validation_failed", "/deposit_percent"),
        (json!({"cleaning_fee": -5}), "validation_failed", "/cleaning_fee"),
        (json!({"deposit_percent": "30", "deposit_amount": 5}), "validation_failed", "/deposit_amount"),
        (json!({"deposit_amount": -1}), "validation_failed", "/deposit_amount"),
        (json!({"minimum_charge": -1}), "validation_failed", "/minimum_charge"),
        (json!({"day_rate": {"amount": 1, "hours": 25}}), "validation_failed", "/day_rate/hours"),
        (json!({"day_rate": {"amount": -1}}), "validation_failed", "/day_rate/amount"),
        (json!({"extra_person": {"included": 0}}), "validation_failed", "/extra_person/included"),
        (json!({"extra_person": {"included": 1, "per_hour": -1}}), "validation_failed", "/extra_person/per_hour"),
        (
            json!({"rules": [{"name": "x", "weekdays": [], "from": "10:00", "to": "12:00", "hourly_rate": 1}]}),
            "validation_failed",
            "/rules/0/weekdays",
        ),
        (
            json!({"rules": [{"name": "x", "weekdays": ["friday"], "from": "24:00", "to": "12:00", "hourly_rate": 1}]}),
            "validation_failed",
            "/rules/0/from",
        ),
        (json!({"add_ons": [{"name": "A"}, {"name": " A "}]}), "validation_failed", "/add_ons/1/name"),
        (json!({"add_ons": [{"name": "A", "stock": -1}]}), "validation_failed", "/add_ons/0/stock"),
        (json!({"add_ons": [{"name": "A", "stock_shared": true}]}), "validation_failed", "/add_ons/0/stock_shared"),
        (
            json!({"duration_discounts": [{"min_hours": 0, "percent": "1"}]}),
            "validation_failed",
            "/duration_discounts/0/min_hours",
        ),
        (
            json!({"cancellation_policy": [
            {"min_hours_before": 1, "refund_percent": "1"}, {"min_hours_before": 1, "refund_percent": "2"}]}),
            "validation_failed",
            "/cancellation_policy",
        ),
    ] {
        let answer = scene.as_owner(&path).json(merged(prices(), changes.clone())).send().await;
        let problem = answer.expect_problem(422, code);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{changes}");
    }
    assert_eq!(scene.service.get(&path).send().await.expect(200)["hourly_rate"], 2000, "nothing was half-written");
}

#[tokio::test]
async fn only_managers_set_prices() {
    let scene = Scene::start().await;
    let path = format!("/api/rooms/{}/prices", scene.room_id);
    scene.post(&CallerToken::default(), &path).json(prices()).send().await.expect_problem(404, "not_found");
    scene.service.post(&path).json(prices()).send().await.expect_problem(401, "authentication_required");
    let unpriced = scene.create_room(json!({})).await;
    scene.service.get(&format!("/api/rooms/{unpriced}/prices")).send().await.expect_problem(404, "not_found");
}

//! A person pays in a browser: from the shop to the provider's page, past the bank, and back to the shop.

use std::net::TcpListener;

use actix_web::{
    App, HttpResponse, HttpServer,
    web::{Data, Query, get},
};
use fantoccini::{Client, Locator, error::CmdError};
use serde::Deserialize;
use serde_json::{Value, json};
use testkit::TestRequest;

use crate::support::{Layout, Scene, TestPlatform, browser};

const GOOD: &str = "4242 4242 4242 4242";
const DECLINED: &str = "4000 0000 0000 0002";
const ASKS_THE_BANK: &str = "4000 0025 0000 3155";

#[tokio::test(flavor = "multi_thread")]
async fn a_person_pays_on_the_hosted_page_and_sees_the_booking_confirmed() {
    let Some(driver) = browser::driver().await else { return };
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let scene = Scene::set(&platform).await;
    let shop = Shop::open(&platform, &scene);
    let pages = [
        shop.basket(&platform, &scene, 0, "stripe").await,
        shop.basket(&platform, &scene, 1, "square").await,
        shop.basket(&platform, &scene, 2, "paypal").await,
    ];
    let shop_url = shop.url.clone();
    let visit = driver.visit(async |browser| {
        let [stripe, square, paypal] = &pages;
        decline_then_pay_past_the_bank(browser, stripe).await?;
        back_in_the_shop(browser, &shop_url, "payment_id").await?;
        // The other providers add to the address what they know.
        for (page, added) in [(square, "orderId"), (paypal, "token")] {
            browser.goto(page).await?;
            type_card(browser, GOOD).await?;
            back_in_the_shop(browser, &shop_url, added).await?;
        }
        Ok(())
    });
    visit.await;
    platform.assert_healthy().await;
}

async fn decline_then_pay_past_the_bank(browser: &Client, page: &str) -> Result<(), CmdError> {
    browser.goto(page).await?;
    assert!(browser.find(Locator::Css(".amount")).await?.text().await?.contains("47.60"));
    type_card(browser, DECLINED).await?;
    let alert = browser.wait().for_element(Locator::Css("[role=alert]")).await?;
    assert_eq!(alert.text().await?, "Your card was declined.");
    type_card(browser, ASKS_THE_BANK).await?;
    let confirm = browser.wait().for_element(Locator::Css("button[value=approve]")).await?;
    assert!(browser.current_url().await?.path().ends_with("/authenticate"));
    confirm.click().await
}

async fn type_card(browser: &Client, number: &str) -> Result<(), CmdError> {
    browser.find(Locator::Id("card")).await?.send_keys(number).await?;
    browser.find(Locator::Css("button[type=submit]")).await?.click().await
}

async fn back_in_the_shop(browser: &Client, shop: &str, added: &str) -> Result<(), CmdError> {
    let shown = browser.wait().for_element(Locator::Css("#booking[data-status=confirmed]")).await?;
    assert_eq!(shown.text().await?, "Your booking is confirmed.");
    let url = browser.current_url().await?;
    assert!(url.as_str().starts_with(shop), "{url}");
    assert!(url.query_pairs().any(|(name, _)| name == added), "{added} is not in {url}");
    Ok(())
}

/// Somebody's own site, which sells the platform's bookings as docs/guides/payments.md says.
struct Shop {
    url: String,
}

struct Till {
    url: String,
    client: reqwest::Client,
    token: String,
}

#[derive(Deserialize)]
struct Returned {
    payment_id: String,
}

impl Shop {
    fn open(platform: &TestPlatform, scene: &Scene) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let token = scene.customer.token.clone();
        let till = Data::new(Till { url: platform.url.clone(), client: platform.client.clone(), token });
        let site = move || App::new().app_data(till.clone()).route("/paid", get().to(paid_page));
        tokio::spawn(HttpServer::new(site).listen(listener).unwrap().workers(1).disable_signals().run());
        Self { url }
    }

    /// Books, and answers the page to pay on.
    async fn basket(&self, platform: &TestPlatform, scene: &Scene, day: i64, provider: &str) -> String {
        let booking = scene.book(platform, day).await;
        let body = json!({
            "payable": {"type": "booking", "id": booking.id}, "provider": provider,
            "success_url": format!("{}/paid", self.url), "cancel_url": format!("{}/basket", self.url),
        });
        let payment = scene.customer.post_once(platform, "/api/payments/session", body).await.expect(201);
        payment["checkout_url"].as_str().unwrap().to_owned()
    }
}

impl Till {
    async fn ask(&self, request: impl FnOnce(&Self) -> TestRequest) -> Value {
        request(self).bearer(&self.token).send().await.expect(200)
    }
}

/// Asks once what became of the payment, and shows the booking until it is confirmed.
async fn paid_page(till: Data<Till>, returned: Query<Returned>) -> HttpResponse {
    let payment = till
        .ask(|till| {
            let url = format!("{}/api/payments/verify", till.url);
            TestRequest::new(&till.client, reqwest::Method::POST, url).json(json!({"payment_id": returned.payment_id}))
        })
        .await;
    let path = format!("/api/bookings/{}", payment["payable"]["id"].as_str().unwrap());
    let get = |till: &Till| TestRequest::new(&till.client, reqwest::Method::GET, format!("{}{path}", till.url));
    let booking = till.ask(get).await;
    let status = booking["status"].as_str().unwrap();
    let again = if status == "confirmed" { "" } else { r#"<meta http-equiv="refresh" content="1">"# };
    let page = format!(
        r#"<!doctype html><title>Shop</title>{again}<p id="booking" data-status="{status}">Your booking is {status}.</p>"#
    );
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page)
}

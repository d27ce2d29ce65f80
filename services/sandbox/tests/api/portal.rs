//! The portal, as a browser without scripts uses it, and what is told of it.

use providers::{MethodProvider, PortalRequest, ProviderError, ProviderEvent, token_hash};
use secrecy::{ExposeSecret, SecretString};

use crate::harness::{SUCCESS, TestSandbox};

const HOUR: i64 = 3_600;

impl TestSandbox {
    async fn portal(&self, customer: &str, default_method: Option<SecretString>) -> String {
        let return_url = "http://127.0.0.1:8080/cards".parse().unwrap();
        let request = PortalRequest { provider_customer_id: customer.to_owned(), return_url, default_method };
        let methods: &dyn MethodProvider = self.stripe.methods().unwrap();
        methods.open_portal(&request).await.unwrap().path().to_owned()
    }

    async fn chosen(&self) -> (String, Vec<u8>) {
        self.told("the choice", |event| match event {
            ProviderEvent::DefaultChosen(told) => Some((told.provider_customer_id.clone(), told.token_hash.clone())),
            _ => None,
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_makes_a_card_the_default_and_removes_it() {
    let sandbox = TestSandbox::start().await;
    let (customer, card) = sandbox.saved(SUCCESS).await;
    let path = sandbox.portal(&customer, None).await;
    let page = sandbox.get(&path).send().await.text;
    assert!(page.contains("visa ending in 4242") && page.contains("http://127.0.0.1:8080/cards"), "{page}");
    assert!(page.contains("Make it the default") && !page.contains("<script"), "{page}");

    let form = |action: &str| format!("method={}&action={action}", card.expose_secret());
    let done = sandbox.form(&path, &form("default")).send().await;
    assert_eq!((done.status.as_u16(), done.headers["location"].to_str().unwrap()), (303, path.as_str()));
    assert_eq!(sandbox.chosen().await, (customer.clone(), token_hash(card.expose_secret())));
    let page = sandbox.get(&path).send().await.text;
    assert!(!page.contains("Make it the default"), "{page}");

    for _ in 0..2 {
        assert_eq!(sandbox.form(&path, &form("remove")).send().await.status.as_u16(), 303);
    }
    assert!(sandbox.get(&path).send().await.text.contains("No card is saved"));
    sandbox
        .told("that it is gone", |event| {
            matches!(event, ProviderEvent::MethodChanged(told) if told.now.is_none()).then_some(())
        })
        .await;
    let customer =
        sandbox.get(&format!("/stripe/v1/customers/{customer}")).bearer("sk_test_1").send().await.expect(200);
    assert!(customer["invoice_settings"]["default_payment_method"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_the_default_that_the_platform_has_named() {
    let sandbox = TestSandbox::start().await;
    let (customer, card) = sandbox.saved(SUCCESS).await;
    let path = sandbox.portal(&customer, Some(card.clone())).await;
    assert!(sandbox.get(&path).send().await.text.contains(r#"<p class="note">Default</p>"#));
    assert_eq!(sandbox.chosen().await, (customer.clone(), token_hash(card.expose_secret())));
    // Its new address is told as a change of the customer too, and says nothing of the card.
    sandbox.stripe.methods().unwrap().update_customer(&customer, "ada@example.com").await.unwrap();
    sandbox
        .told("the change", |event| {
            matches!(event, ProviderEvent::Ignored { event_type } if event_type == "customer.updated").then_some(())
        })
        .await;
    // One that was given up meanwhile is no reason not to open it.
    sandbox.stripe.methods().unwrap().detach_method(&card).await.unwrap();
    sandbox.portal(&customer, Some(card)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_lapses_and_leads_to_nobody_elses_cards() {
    let sandbox = TestSandbox::start().await;
    let ((customer, _), (_, others)) = (sandbox.saved(SUCCESS).await, sandbox.saved(SUCCESS).await);
    let path = sandbox.portal(&customer, None).await;
    let form = format!("method={}&action=remove", others.expose_secret());
    assert_eq!(sandbox.form(&path, &form).send().await.status.as_u16(), 303);
    let card = format!("/stripe/v1/payment_methods/{}", others.expose_secret());
    assert!(sandbox.get(&card).bearer("sk_test_1").send().await.expect(200)["customer"].is_string());
    assert_eq!(sandbox.get("/checkout/portal/live_unknown").send().await.status.as_u16(), 404);
    sandbox.advance(HOUR).await;
    assert_eq!(sandbox.get(&path).send().await.status.as_u16(), 410);
    let unknown = PortalRequest {
        provider_customer_id: "cus_unknown".to_owned(),
        return_url: "http://127.0.0.1:8080/".parse().unwrap(),
        default_method: None,
    };
    let refused = sandbox.stripe.methods().unwrap().open_portal(&unknown).await.unwrap_err();
    assert!(matches!(refused, ProviderError::NotFound(_)), "{refused}");
}

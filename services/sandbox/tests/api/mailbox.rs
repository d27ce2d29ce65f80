//! The mailbox, filled by the platform's own mailer.

use mail::{Mail, MailConfig};
use serde_json::{Value, json};

use crate::harness::TestSandbox;

fn mail(id: &str, to: &str, html: Option<&str>) -> Mail {
    Mail {
        id: id.to_owned(),
        to: to.to_owned(),
        subject: "Verify".to_owned(),
        text: "Open http://127.0.0.1:8080/verify?token=abc&x=1.".to_owned(),
        html: html.map(str::to_owned),
    }
}

async fn mails(sandbox: &TestSandbox, query: &str) -> Vec<Value> {
    let answer = sandbox.get(&format!("/sandbox/mailbox{query}")).send().await.expect(200);
    answer["data"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_are_read_newest_first_with_their_links() {
    let sandbox = TestSandbox::start().await;
    let url = format!("{}/sandbox/mailbox", sandbox.url).parse().unwrap();
    let config = MailConfig { mailbox_url: Some(url), ..MailConfig::default() };
    let mailer = mail::mailer(config).unwrap().unwrap();
    let html = r#"<a href="http://127.0.0.1:8080/verify?token=abc&amp;x=1">Verify</a>"#;
    mailer.send(&mail("msg_1", "Ada <Ada+1@example.com>", Some(html))).await.unwrap();
    mailer.send(&mail("msg_2", "bob@example.com", None)).await.unwrap();
    mailer.send(&mail("msg_3", "ada+1@example.com", None)).await.unwrap();
    mailer.send(&mail("msg_3", "ada+1@example.com", None)).await.unwrap();

    for query in ["?to=ada%2B1@example.com", "?to=ADA+1@example.com"] {
        let ids: Vec<_> = mails(&sandbox, query).await.iter().map(|mail| mail["id"].clone()).collect();
        assert_eq!(ids, ["msg_3", "msg_1"], "{query}");
    }
    let all = mails(&sandbox, "").await;
    assert_eq!(all.len(), 3);
    assert_eq!(all[2]["links"], json!(["http://127.0.0.1:8080/verify?token=abc&x=1"]));
    assert_eq!((&all[2]["to"], &all[1]["html"]), (&json!("Ada+1@example.com"), &Value::Null));
    assert!(all.iter().all(|mail| mail["text"].is_string() && mail["sent_at"].is_string()));
    assert!(mails(&sandbox, "?to=nobody@example.com").await.is_empty());
    sandbox.get("/sandbox/mailbox?form=x").send().await.expect_problem(422, "invalid_query");
}

//! People: they register, read their mail and sign in.

use serde_json::{Value, json};
use testkit::{TestRequest, TestResponse, eventually};

use super::TestPlatform;

/// Everybody's.
pub const PASSWORD: &str = "correct horse battery staple";

/// Somebody who is signed in.
pub struct Person {
    pub id: String,
    pub email: String,
    pub token: String,
    pub refresh_token: String,
}

impl Person {
    /// Registers through the public door and follows the link in the mail.
    pub async fn register(platform: &TestPlatform, name: &str, role: &str) -> Self {
        let email = format!("{}-{}@example.com", name.to_lowercase(), kernel::new_uuid().simple());
        let body = json!({"email": email, "password": PASSWORD, "name": name, "role": role});
        platform.post("/api/auth/register").json(body).send().await.expect(202);
        let token = mailed_token(platform, &email).await;
        let tokens = platform.post("/api/auth/verify-email").json(json!({"token": token})).send().await.expect(200);
        Self::from_tokens(&tokens)
    }

    /// A platform administrator, made as an operator makes one.
    pub async fn admin(platform: &TestPlatform) -> Self {
        let email = format!("admin-{}@example.com", kernel::new_uuid().simple());
        let password = secrecy::SecretString::from(PASSWORD);
        auth::admin::create_platform_admin(&platform.db("auth"), &email, "Ada", password).await.unwrap();
        Self::login(platform, &email).await
    }

    pub async fn login(platform: &TestPlatform, email: &str) -> Self {
        let body = json!({"email": email, "password": PASSWORD});
        Self::from_tokens(&platform.post("/api/auth/login").json(body).send().await.expect(200))
    }

    fn from_tokens(tokens: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            id: text(&tokens["user"]["id"]),
            email: text(&tokens["user"]["email"]),
            token: text(&tokens["access_token"]),
            refresh_token: text(&tokens["refresh_token"]),
        }
    }

    /// Signs in again, as a client does when its access token has ended.
    pub async fn sign_in_again(&mut self, platform: &TestPlatform) {
        *self = Self::login(platform, &self.email).await;
    }

    pub fn get(&self, platform: &TestPlatform, path: &str) -> TestRequest {
        platform.get(path).bearer(&self.token)
    }

    pub fn post(&self, platform: &TestPlatform, path: &str) -> TestRequest {
        platform.post(path).bearer(&self.token)
    }

    pub fn put(&self, platform: &TestPlatform, path: &str) -> TestRequest {
        platform.put(path).bearer(&self.token)
    }

    /// A POST that books or moves money.
    pub async fn post_once(&self, platform: &TestPlatform, path: &str, body: Value) -> TestResponse {
        let key = kernel::new_uuid().to_string();
        self.post(platform, path).idempotency_key(&key).json(body).send().await
    }

    /// Waits for a mail to this person whose subject contains the words.
    pub async fn mail(&self, platform: &TestPlatform, subject: &str) -> Value {
        mail(platform, &self.email, subject).await
    }
}

async fn mail(platform: &TestPlatform, email: &str, subject: &str) -> Value {
    let path = format!("/sandbox/mailbox?to={email}");
    eventually(&format!("a mail about {subject} to {email}"), || async {
        let mails = platform.get(&path).send().await.expect(200);
        let found = mails["data"]
            .as_array()
            .unwrap()
            .iter()
            .find(|mail| mail["subject"].as_str().unwrap().to_lowercase().contains(&subject.to_lowercase()));
        found.cloned()
    })
    .await
}

/// The one-time token in the newest mail that has one.
pub async fn mailed_token(platform: &TestPlatform, email: &str) -> String {
    let mail = mail(platform, email, "").await;
    let link = mail["links"].as_array().unwrap().iter().find_map(|link| link.as_str()?.split_once("token="));
    link.unwrap().1.split('&').next().unwrap().to_owned()
}

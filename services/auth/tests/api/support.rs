//! People, and the ways of the gateway and of messaging to auth.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use contracts::auth::v1::VerificationRequested;
use diesel::{QueryableByName, sql_types::Text};
use diesel_async::RunQueryDsl;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::{TestRequest, TestResponse, TestService};

pub const PASSWORD: &str = "correct horse battery staple";

/// Where people are who register and follow their links.
pub const HOME: &str = "198.51.100.7";

/// Auth with a fresh database.
pub struct Auth {
    pub service: TestService,
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: String,
    pub session_id: String,
    pub access_token: String,
    pub refresh_token: String,
    /// What the gateway passes inward for them.
    pub identity: String,
}

impl Auth {
    pub async fn start() -> Self {
        Self { service: TestService::start(auth::service()).await }
    }

    /// With the limits of production where they matter.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let mut builder = TestService::builder(auth::service());
        for (name, value) in settings {
            builder = builder.setting(name, value);
        }
        Self { service: builder.start().await }
    }

    pub fn post(&self, path: &str, body: Value) -> TestRequest {
        self.service.post(path).json(body)
    }

    pub async fn register(&self, email: &str) -> TestResponse {
        let body = json!({"email": email, "password": PASSWORD, "name": "Ada Lovelace", "role": "customer"});
        self.asked("/api/auth/register", body).await
    }

    /// Asks for something that is decided after the answer, from [`HOME`], and waits for the decision.
    pub async fn asked(&self, path: &str, body: Value) -> TestResponse {
        self.asked_from(HOME, path, body).await
    }

    pub async fn asked_from(&self, address: &str, path: &str, body: Value) -> TestResponse {
        let answer = self.post(path, body).header("x-forwarded-for", address).send().await;
        self.service.run_jobs().await;
        answer
    }

    pub async fn log_in(&self, email: &str, password: &str) -> TestResponse {
        self.post("/api/auth/login", json!({"email": email, "password": password})).send().await
    }

    pub async fn refresh(&self, refresh_token: &str) -> TestResponse {
        self.post("/api/auth/refresh", json!({"refresh_token": refresh_token})).send().await
    }

    pub async fn verify(&self, secret: &str) -> TestResponse {
        self.verify_from(HOME, json!({"token": secret})).await
    }

    pub async fn verify_from(&self, address: &str, body: Value) -> TestResponse {
        self.post("/api/auth/verify-email", body).header("x-forwarded-for", address).send().await
    }

    /// The ids of the tokens that mails were ordered for, oldest first.
    pub async fn ordered_mails(&self) -> Vec<VerificationRequested> {
        self.service.events().await
    }

    /// As messaging does when it sends the mail.
    pub async fn mint(&self, token_id: &str) -> TestResponse {
        let token = self.service_token("messaging", "auth").await;
        self.service.post(&format!("/internal/one-time-tokens/{token_id}/mint")).bearer(&token).send().await
    }

    /// The secret of the newest mail.
    pub async fn newest_secret(&self) -> String {
        let mails = self.ordered_mails().await;
        self.secret_of_mail(&mails.last().expect("a mail was ordered").token_id).await
    }

    /// The secret of the mail with this token.
    pub async fn secret_of_mail(&self, token_id: &str) -> String {
        text(&self.mint(token_id).await.expect(200)["secret"])
    }

    /// As somebody who is signed in.
    pub async fn post_as(&self, person: &Person, path: &str, body: Value) -> TestResponse {
        self.post(path, body).bearer(&person.identity).send().await
    }

    /// Signs in, with whatever `credentials` say beside the password.
    pub async fn sign_in(&self, email: &str, code: Option<&str>) -> TestResponse {
        let mut body = json!({"email": email, "password": PASSWORD});
        if let Some(code) = code {
            body["totp"] = code.into();
        }
        self.post("/api/auth/login", body).send().await
    }

    /// The trail of security events, oldest first, as its rows are.
    pub async fn trail(&self) -> Vec<Value> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            row: String,
        }
        let query = "SELECT row_to_json(a)::text AS row FROM audit_events a ORDER BY occurred_at, id";
        let mut conn = self.service.db.conn().await.expect("a connection");
        let rows: Vec<Row> = diesel::sql_query(query).load(&mut *conn).await.expect("the trail");
        rows.into_iter().map(|row| serde_json::from_str(&row.row).expect("JSON")).collect()
    }

    /// Outcome and reason of every event of one kind.
    pub async fn trail_of(&self, kind: &str) -> Vec<(String, Option<String>)> {
        let events = self.trail().await.into_iter().filter(|event| event["kind"] == kind);
        events.map(|event| (text(&event["outcome"]), event["detail"]["reason"].as_str().map(str::to_owned))).collect()
    }

    /// Registers, follows the link, and is signed in.
    pub async fn person(&self, email: &str) -> Person {
        self.register(email).await.expect(202);
        let secret = self.newest_secret().await;
        let tokens = self.verify(&secret).await.expect(200);
        self.signed_in(&tokens).await
    }

    pub async fn signed_in(&self, tokens: &Value) -> Person {
        let access_token = text(&tokens["access_token"]);
        let claims = claims(&access_token);
        let (id, session_id) = (text(&claims["sub"]), text(&claims["sid"]));
        let identity = text(&self.exchange(&id, &session_id).await.expect(200)["token"]);
        Person { id, session_id, access_token, refresh_token: text(&tokens["refresh_token"]), identity }
    }

    /// The same person in the same session, after their identity token has expired.
    pub async fn renewed(&self, person: &Person) -> Person {
        let identity = text(&self.exchange(&person.id, &person.session_id).await.expect(200)["token"]);
        Person { identity, ..person.clone() }
    }

    /// As the gateway does with the claims of an access token.
    pub async fn exchange(&self, user_id: &str, session_id: &str) -> TestResponse {
        let token = self.service_token("gateway", "auth").await;
        let body = json!({"user_id": user_id, "session_id": session_id});
        self.post("/internal/identity-tokens", body).bearer(&token).send().await
    }

    /// Who the gateway would take them for now.
    pub async fn identity(&self, person: &Person) -> String {
        text(&self.exchange(&person.id, &person.session_id).await.expect(200)["token"])
    }

    /// A company of this person, by its id.
    pub async fn company(&self, founder: &Person, name: &str) -> String {
        let body = json!({"name": name, "country": "DE", "currency": "EUR"});
        text(&self.post("/api/companies", body).bearer(&founder.identity).send().await.expect(201)["id"])
    }

    /// Invites an address, and answers the secret of the mailed link.
    pub async fn invite(&self, by: &Person, company: &str, (email, role): (&str, &str)) -> String {
        let body = json!({"company_id": company, "email": email, "role": role});
        let invitation = self.post("/api/teams/invite", body).bearer(&self.identity(by).await).send().await.expect(201);
        self.mint_invitation(&text(&invitation["id"])).await
    }

    pub async fn mint_invitation(&self, id: &str) -> String {
        let token = self.service_token("messaging", "auth").await;
        let path = format!("/internal/invitations/{id}/mint");
        text(&self.service.post(&path).bearer(&token).send().await.expect(200)["secret"])
    }

    /// A person who works for the company in this role.
    pub async fn colleague(&self, owner: &Person, company: &str, (email, role): (&str, &str)) -> Person {
        let person = self.person(email).await;
        let secret = self.invite(owner, company, (email, role)).await;
        let path = format!("/api/teams/invitations/{secret}/accept");
        self.service.post(&path).bearer(&person.identity).send().await.expect(200);
        let identity = self.identity(&person).await;
        Person { identity, ..person }
    }

    pub async fn send(&self, method: &str, path: &str, identity: &str, body: Option<Value>) -> TestResponse {
        let request = self.service.request(method.parse().expect("a method"), path).bearer(identity);
        match body {
            Some(body) => request.json(body).send().await,
            None => request.send().await,
        }
    }

    pub async fn service_token(&self, caller: &str, callee: &str) -> String {
        let granted = self.ask_for_service_token(caller, &self.secret_of(caller), callee).await.expect(200);
        text(&granted["access_token"])
    }

    pub async fn ask_for_service_token(&self, caller: &str, secret: &str, callee: &str) -> TestResponse {
        let body = json!({"service": caller, "secret": secret, "audience": callee});
        self.post("/internal/service-tokens", body).send().await
    }

    pub fn secret_of(&self, service: &str) -> String {
        let master = self.service.platform.source.secret("service_master_key").expect("development has one");
        service_kit::config::derive_service_secret(&master, service).expose_secret().to_owned()
    }
}

/// The claims of a token, unverified.
pub fn claims(token: &str) -> Value {
    part(token, 1)
}

/// The header of a token.
pub fn header(token: &str) -> Value {
    part(token, 0)
}

fn part(token: &str, index: usize) -> Value {
    let encoded = token.split('.').nth(index).expect("a JWT has three parts");
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(encoded).expect("base64url")).expect("JSON")
}

#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}")).to_owned()
}

/// A problem without what differs from request to request.
pub fn timeless(response: &TestResponse) -> String {
    let mut body = response.json();
    if let Some(body) = body.as_object_mut() {
        body.remove("trace_id");
        body.remove("instance");
    }
    body.to_string()
}

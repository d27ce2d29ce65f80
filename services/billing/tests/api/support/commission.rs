//! An administrator who sets the platform's commission.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{CallerToken, TestRequest, TestResponse};

use super::World;

impl World {
    pub fn as_admin(&self, method: Method, path: &str) -> TestRequest {
        let admin = self.service.token(&CallerToken::default().admin());
        self.service.request(method, path).bearer(&admin)
    }

    /// The path of the company's commission, which auth knows.
    pub fn commission_path(&self) -> String {
        self.service.peers.get(&format!("/internal/companies/{}", self.company), json!({}));
        format!("/api/admin/companies/{}/commission", self.company)
    }

    /// Sets something of the company's, for the reason `Agreed`.
    pub async fn set_commission(&self, mut body: Value) -> TestResponse {
        body["reason"] = json!("Agreed");
        self.as_admin(Method::PUT, &self.commission_path()).json(body).send().await
    }

    /// Puts the company on a plan.
    pub async fn put_on_plan(&self, plan: Value) -> TestResponse {
        let path = format!("{}-plan", self.commission_path());
        self.as_admin(Method::PUT, &path).json(json!({"plan": plan, "reason": "Agreed"})).send().await
    }

    pub async fn set_plan(&self, name: &str, rate: Value) -> TestResponse {
        let path = format!("/api/admin/commission-plans/{name}");
        self.as_admin(Method::PUT, &path).json(json!({"rate": rate, "reason": "Agreed"})).send().await
    }
}

//! Configuration: `ROOMTONE_*` variables (an empty one is not given) over an optional TOML file (`ROOMTONE_CONFIG`). It fails closed: without
//! `ROOMTONE_ENV=development` a process is in production, and there every secret must be given.

use std::collections::BTreeMap;

use anyhow::{Context, bail, ensure};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use sha2::Sha256;

/// Where a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    #[default]
    Production,
    /// Offline, on loopback, with the sandbox and demo data.
    Development,
}

impl Environment {
    pub fn is_development(self) -> bool {
        self == Self::Development
    }
}

/// All settings of a process, by lower-case name without the prefix.
#[derive(Clone)]
pub struct Source {
    settings: config::Config,
    environment: Environment,
}

/// Secrets of production are at least this long.
const MIN_SECRET_LEN: usize = 32;

impl Source {
    /// Reads the file named by `ROOMTONE_CONFIG`, then the environment.
    pub fn from_env() -> anyhow::Result<Self> {
        let mut builder = config::Config::builder();
        if let Some(path) = std::env::var_os("ROOMTONE_CONFIG") {
            builder = builder.add_source(config::File::from(std::path::PathBuf::from(path)));
        }
        let variables = config::Environment::with_prefix("ROOMTONE").try_parsing(true).ignore_empty(true);
        Self::build(builder.add_source(variables))
    }

    /// Settings given by name, for tests and for processes that start others.
    pub fn from_pairs<K: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> anyhow::Result<Self> {
        let variables: std::collections::HashMap<String, String> =
            pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let source = config::Environment::default().try_parsing(true).ignore_empty(true).source(Some(variables));
        Self::build(config::Config::builder().add_source(source))
    }

    fn build(builder: config::ConfigBuilder<config::builder::DefaultState>) -> anyhow::Result<Self> {
        let settings = builder.build().context("reading the configuration")?;
        let environment = match settings.get::<Option<Environment>>("env") {
            Ok(environment) => environment.unwrap_or_default(),
            Err(config::ConfigError::NotFound(_)) => Environment::default(),
            Err(error) => return Err(error).context("ROOMTONE_ENV is production or development"),
        };
        Ok(Self { settings, environment })
    }

    /// The same settings, with a value for one that is not given.
    pub fn with_default(&self, name: &str, value: &str) -> anyhow::Result<Self> {
        let builder = config::Config::builder().set_default(name, value)?.add_source(self.settings.clone());
        Self::build(builder)
    }

    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// An optional setting.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> anyhow::Result<Option<T>> {
        match self.settings.get::<T>(name) {
            Ok(value) => Ok(Some(value)),
            Err(config::ConfigError::NotFound(_)) => Ok(None),
            Err(error) => Err(error).with_context(|| format!("ROOMTONE_{} is not valid", name.to_uppercase())),
        }
    }

    pub fn get_or<T: DeserializeOwned>(&self, name: &str, default: T) -> anyhow::Result<T> {
        Ok(self.get(name)?.unwrap_or(default))
    }

    pub fn require<T: DeserializeOwned>(&self, name: &str) -> anyhow::Result<T> {
        self.get(name)?.with_context(|| format!("ROOMTONE_{} is not set", name.to_uppercase()))
    }

    /// A secret. Development derives one from its name; production demands a long one of its own.
    pub fn secret(&self, name: &str) -> anyhow::Result<SecretString> {
        let given: Option<String> = self.get(name)?;
        match (given, self.environment) {
            (Some(secret), Environment::Production) => {
                ensure!(secret.len() >= MIN_SECRET_LEN, "ROOMTONE_{} is too short", name.to_uppercase());
                Ok(secret.into())
            }
            (Some(secret), Environment::Development) => Ok(secret.into()),
            (None, Environment::Development) => Ok(derive("roomtone-development", name)),
            (None, Environment::Production) => bail!("ROOMTONE_{} is not set", name.to_uppercase()),
        }
    }

    /// The database of a service: its own setting, or the server's with the service's name.
    pub fn database_url(&self, service: &str) -> anyhow::Result<SecretString> {
        if let Some(url) = self.get::<String>(&format!("{service}_database_url"))? {
            return Ok(url.into());
        }
        let server: String = self.require("database_url")?;
        Ok(format!("{}/{service}", server.trim_end_matches('/')).into())
    }

    /// The database as the running service reaches it. A service that does not own its tables has a setting for that
    /// (`ROOMTONE_<SERVICE>_SERVING_DATABASE_URL`), or else a password that follows from the owner's.
    pub fn serving_database_url(&self, service: &str) -> anyhow::Result<SecretString> {
        let Some(role) = serving_role(service) else { return self.database_url(service) };
        match self.get::<String>(&format!("{service}_serving_database_url"))? {
            Some(url) => Ok(url.into()),
            None => serving_url(&self.database_url(service)?, role),
        }
    }

    /// The secret with which a service asks auth for tokens: its own setting, or derived from the master key where
    /// one process holds that (auth, and all services in one process).
    pub fn service_secret(&self, service: &str) -> anyhow::Result<SecretString> {
        match self.get::<String>("service_secret")? {
            Some(secret) => Ok(secret.into()),
            None => Ok(derive_service_secret(&self.secret("service_master_key")?, service)),
        }
    }

    /// Where every service is: `ROOMTONE_<SERVICE>_URL`, or its usual address.
    pub fn service_urls(&self) -> anyhow::Result<BTreeMap<String, String>> {
        let address = |service: &str, port: u16| match self.environment {
            Environment::Development => format!("http://127.0.0.1:{port}"),
            Environment::Production => format!("http://{service}:{port}"),
        };
        SERVICES
            .iter()
            .map(|(service, port)| {
                let url = self.get_or(&format!("{service}_url"), address(service, *port))?;
                Ok(((*service).to_owned(), url.trim_end_matches('/').to_owned()))
            })
            .collect()
    }

    /// The address a service listens on: `ROOMTONE_<SERVICE>_BIND`, or its usual port; loopback in development.
    pub fn bind(&self, service: &str) -> anyhow::Result<String> {
        let port = SERVICES.iter().find(|(name, _)| *name == service).map_or(0, |(_, port)| *port);
        let host = if self.environment.is_development() { "127.0.0.1" } else { "0.0.0.0" };
        self.get_or(&format!("{service}_bind"), format!("{host}:{port}"))
    }

    /// Where clients reach the gateway; https in production.
    pub fn public_url(&self) -> anyhow::Result<String> {
        let url: String = match self.environment {
            Environment::Production => self.require("public_url")?,
            Environment::Development => self.get_or("public_url", "http://127.0.0.1:8080".to_owned())?,
        };
        let safe = self.environment.is_development() || url.starts_with("https://");
        ensure!(safe, "ROOMTONE_PUBLIC_URL must be https in production");
        Ok(url.trim_end_matches('/').to_owned())
    }
}

/// Every service with its usual port.
pub const SERVICES: [(&str, u16); 8] = [
    ("gateway", 8080),
    ("auth", 8081),
    ("booking", 8082),
    ("billing", 8083),
    ("ledger", 8084),
    ("messaging", 8085),
    ("webhook", 8086),
    ("sandbox", 8090),
];

/// The services that connect as a role that does not own their tables, and that role.
const SERVING_ROLES: [(&str, &str); 1] = [("ledger", "ledger_service")];

/// The role as which a service connects, where that is not the owner of its tables.
pub fn serving_role(service: &str) -> Option<&'static str> {
    SERVING_ROLES.iter().find(|(name, _)| *name == service).map(|(_, role)| *role)
}

/// The owner's URL with a role and a password that follows from the owner's.
pub fn serving_url(owner: &SecretString, role: &str) -> anyhow::Result<SecretString> {
    let mut url: reqwest::Url = owner.expose_secret().parse().context("a database URL")?;
    let password = derive(url.password().unwrap_or_default(), role);
    let changed = url.set_username(role).and_then(|()| url.set_password(Some(password.expose_secret())));
    ensure!(changed.is_ok(), "a database URL has a host");
    Ok(String::from(url).into())
}

/// What auth expects of a service: HMAC-SHA-256 of its name under the master key, so that no list is kept.
pub fn derive_service_secret(master: &SecretString, service: &str) -> SecretString {
    derive(master.expose_secret(), &format!("service:{service}"))
}

fn derive(key: &str, label: &str) -> SecretString {
    // HMAC takes keys of any length, so this cannot fail; an empty secret would be refused everywhere.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return SecretString::default() };
    mac.update(label.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(pairs: &[(&str, &str)]) -> Source {
        Source::from_pairs(pairs.iter().copied()).unwrap()
    }

    #[test]
    fn production_is_the_default_and_demands_its_secrets() {
        let production = source(&[]);
        assert_eq!(production.environment(), Environment::Production);
        assert!(production.secret("quote_key").is_err());
        assert!(source(&[("quote_key", "short")]).secret("quote_key").is_err());
        assert!(source(&[("public_url", "http://roomtone.example")]).public_url().is_err());
    }

    #[test]
    fn a_misspelt_environment_is_refused() {
        assert!(Source::from_pairs([("env", "dev")]).is_err());
    }

    #[test]
    fn a_service_with_a_role_of_its_own_never_connects_as_the_owner_by_itself() {
        let serving = |pairs: &[(&str, &str)], service| {
            source(pairs).serving_database_url(service).unwrap().expose_secret().to_owned()
        };
        let server = ("database_url", "postgres://u:p@127.0.0.1:5432");
        let derived = serving(&[server], "ledger");
        assert!(derived.starts_with("postgres://ledger_service:"), "{derived}");
        assert!(derived.ends_with("@127.0.0.1:5432/ledger") && !derived.contains(":p@"), "{derived}");
        assert_eq!(derived, serving(&[("ledger_database_url", "postgres://u:p@127.0.0.1:5432/ledger")], "ledger"));
        let own = ("ledger_serving_database_url", "postgres://s:q@db/ledger");
        assert_eq!(serving(&[own], "ledger"), own.1, "it need not know the owner");
        assert_eq!(serving(&[server], "booking"), "postgres://u:p@127.0.0.1:5432/booking");
    }

    #[test]
    fn development_needs_nothing_but_a_database() {
        let development = source(&[("env", "development"), ("database_url", "postgres://u:p@127.0.0.1:5432")]);
        assert_eq!(
            development.database_url("booking").unwrap().expose_secret(),
            "postgres://u:p@127.0.0.1:5432/booking"
        );
        assert!(development.secret("quote_key").unwrap().expose_secret().len() >= MIN_SECRET_LEN);
        assert_eq!(development.bind("booking").unwrap(), "127.0.0.1:8082");
    }
}

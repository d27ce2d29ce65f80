//! Who asks for passkeys: the site they are bound to, and the origins that may speak for it.

use anyhow::Context as _;
use service_kit::Source;
use url::Url;
use webauthn_rs::prelude::{Webauthn, WebauthnBuilder};

/// What people see when their device asks.
const NAME: &str = "Roomtone";

/// From `ROOMTONE_PUBLIC_URL`, unless `ROOMTONE_AUTH_PASSKEY_RP_ID` names a parent domain (`roomtone.example` for pages
/// of `app.roomtone.example`). `ROOMTONE_AUTH_PASSKEY_ORIGINS` adds origins, separated by commas: other hosts, and
/// mobile apps as `android:apk-key-hash:…`. A passkey is lost when the id changes.
pub fn relying_party(source: &Source) -> anyhow::Result<Webauthn> {
    let mut origin: Url = source.public_url()?.parse().context("ROOMTONE_PUBLIC_URL is not a URL")?;
    // Browsers bind no passkey to a bare address; the same machine has a name.
    if origin.domain().is_none() {
        origin.set_host(Some("localhost")).context("ROOMTONE_PUBLIC_URL has no host")?;
    }
    let id = source.get_or("auth_passkey_rp_id", origin.domain().unwrap_or_default().to_owned())?;
    let mut builder = WebauthnBuilder::new(&id, &origin)
        .with_context(|| format!("{origin} may not ask for passkeys of {id} (ROOMTONE_AUTH_PASSKEY_RP_ID)"))?
        .rp_name(NAME);
    let others: Vec<Url> = other_origins(source)?;
    for other in &others {
        builder = builder.append_allowed_origin(other);
    }
    builder.build().context("passkeys")
}

fn other_origins(source: &Source) -> anyhow::Result<Vec<Url>> {
    let listed: String = source.get_or("auth_passkey_origins", String::new())?;
    let origins = listed.split(',').map(str::trim).filter(|origin| !origin.is_empty());
    origins
        .map(|origin| origin.parse().with_context(|| format!("ROOMTONE_AUTH_PASSKEY_ORIGINS: {origin:?} is no origin")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(pairs: &[(&str, &str)]) -> anyhow::Result<Vec<String>> {
        let source = Source::from_pairs(pairs.iter().copied())?;
        Ok(relying_party(&source)?.get_allowed_origins().iter().map(Url::to_string).collect())
    }

    #[test]
    fn the_site_and_named_origins_may_ask() {
        let site = ("public_url", "https://app.roomtone.example");
        assert_eq!(origins(&[site]).unwrap(), ["https://app.roomtone.example/"]);
        let app = ("auth_passkey_origins", "https://m.roomtone.example, android:apk-key-hash:abc");
        assert_eq!(origins(&[site, app]).unwrap().len(), 3);
        assert!(origins(&[site, ("auth_passkey_rp_id", "roomtone.example")]).is_ok());
    }

    #[test]
    fn nobody_asks_for_passkeys_of_another_site() {
        let site = ("public_url", "https://roomtone.example");
        for stranger in ["example.org", "app.roomtone.example", "ample"] {
            assert!(origins(&[site, ("auth_passkey_rp_id", stranger)]).is_err(), "{stranger}");
        }
    }

    #[test]
    fn development_has_a_name() {
        let local = origins(&[("env", "development"), ("public_url", "http://127.0.0.1:8080")]).unwrap();
        assert_eq!(local, ["http://localhost:8080/"]);
    }
}

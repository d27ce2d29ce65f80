//! Form bodies and query strings with nested keys, `line_items[0][price_data][currency]=eur`.

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use super::StripeError;

/// Deeper than anything the API takes.
const MOST_DEPTH: usize = 8;

/// Reads parameters; one that is unknown is an error, so that what the sandbox does not play is noticed.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, StripeError> {
    let config = serde_qs::Config::new().max_depth(MOST_DEPTH);
    config.deserialize_str(&with_plain_brackets(text)).map_err(|error| refusal(&error.to_string()))
}

/// Some clients escape the brackets of keys and some do not; values keep theirs.
fn with_plain_brackets(text: &str) -> String {
    let plain = |pair: &str| match pair.split_once('=') {
        Some((key, value)) => format!("{}={value}", plain_brackets(key)),
        None => plain_brackets(pair),
    };
    text.split('&').map(plain).collect::<Vec<_>>().join("&")
}

fn plain_brackets(key: &str) -> String {
    key.replace("%5B", "[").replace("%5b", "[").replace("%5D", "]").replace("%5d", "]")
}

fn refusal(reason: &str) -> StripeError {
    let named = |what: &str| reason.split(what).nth(1)?.split('`').nth(1).map(str::to_owned);
    if let Some(param) = named("unknown field") {
        return StripeError::invalid(format!("Received unknown parameter: {param}"))
            .code("parameter_unknown")
            .param(param);
    }
    if let Some(param) = named("missing field") {
        return StripeError::invalid(format!("Missing required param: {param}."))
            .code("parameter_missing")
            .param(param);
    }
    StripeError::invalid(format!("Invalid parameters: {reason}"))
}

/// The same for the same parameters in whatever order they were written.
pub fn fingerprint(path: &str, body: &str) -> Vec<u8> {
    let mut pairs: Vec<(String, String)> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    pairs.sort();
    let mut hash = Sha256::new();
    hash.update(path);
    for (key, value) in pairs {
        // Lengths keep neighbouring texts apart.
        hash.update(format!("\n{}:{key}={}:{value}", key.len(), value.len()));
    }
    hash.finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Params {
        mode: String,
        #[serde(default)]
        items: Vec<Item>,
        #[serde(default)]
        metadata: BTreeMap<String, String>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Item {
        amount: i64,
    }

    #[test]
    fn nested_keys_are_read_escaped_or_not() {
        for text in [
            "mode=payment&items[0][amount]=900&metadata[a+b]=x%5B1%5D%26",
            "mode=payment&items%5B0%5D%5Bamount%5D=900&metadata%5ba+b%5d=x%5B1%5D%26",
        ] {
            let params: Params = parse(text).unwrap();
            assert_eq!((params.mode.as_str(), params.items[0].amount), ("payment", 900));
            assert_eq!(params.metadata["a b"], "x[1]&");
        }
    }

    #[test]
    fn refusals_name_the_parameter() {
        for (text, code, param) in [
            ("mode=payment&colour=red", "parameter_unknown", "colour"),
            ("items[0][amount]=1", "parameter_missing", "mode"),
        ] {
            let error = parse::<Params>(text).unwrap_err().body();
            assert_eq!((&error["error"]["code"], &error["error"]["param"]), (&code.into(), &param.into()), "{error}");
        }
        assert!(parse::<Params>("mode=payment&items[0][amount]=many").is_err());
    }

    #[test]
    fn order_does_not_change_the_fingerprint_and_values_do() {
        assert_eq!(fingerprint("/v1/x", "a=1&b=2"), fingerprint("/v1/x", "b=2&a=1"));
        for (path, body) in [("/v1/x", "a=1&b=3"), ("/v1/y", "a=1&b=2"), ("/v1/x", "a=1b=2"), ("/v1/x", "a=1&b=2&b=2")]
        {
            assert_ne!(fingerprint("/v1/x", "a=1&b=2"), fingerprint(path, body), "{path} {body}");
        }
    }
}

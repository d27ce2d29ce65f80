//! An email address as PayPal takes it.

use std::fmt;

/// Single-byte characters: <https://developer.paypal.com/docs/api/payments.payouts-batch/v1/#definition-payout_item>.
const LONGEST: usize = 127;

const LONGEST_LOCAL: usize = 64;

/// Trimmed, with its domain in lower case: a dot-atom at a domain of two labels or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiverAddress(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an email address of at most 127 characters, such as name@example.com")]
pub struct BadAddress;

impl ReceiverAddress {
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let (local, domain) = text.trim().rsplit_once('@').ok_or(BadAddress)?;
        let address = format!("{local}@{}", domain.to_ascii_lowercase());
        let usable = address.len() <= LONGEST && is_local_part(local) && is_domain(domain);
        if usable { Ok(Self(address)) } else { Err(BadAddress) }
    }

    /// As it was accepted when it was named.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<ReceiverAddress> for String {
    fn from(address: ReceiverAddress) -> Self {
        address.0
    }
}

impl fmt::Display for ReceiverAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_local_part(local: &str) -> bool {
    let is_atom = |atom: &str| {
        !atom.is_empty() && atom.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    local.len() <= LONGEST_LOCAL && local.split('.').all(is_atom)
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.contains('.') && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_trimmed_and_its_domain_is_lower_case() {
        let address = ReceiverAddress::parse(" Studio+Pay@Example.COM ").unwrap();
        assert_eq!(address.as_str(), "Studio+Pay@example.com");
    }

    #[test]
    fn what_paypal_or_a_mailer_would_stumble_over_is_no_address() {
        let long = format!("{}@{}.com", "x".repeat(64), "y".repeat(60));
        for bad in [
            "",
            "@",
            "studio",
            "studio@",
            "@example.com",
            "studio@example",
            "a b@example.com",
            "a@b@example.com",
            "stüdio@example.com",
            "a@exämple.com",
            "a@-example.com",
            "a@example..com",
            ".a@example.com",
            "a\n@example.com",
            "<a@example.com>",
            &long,
        ] {
            assert_eq!(ReceiverAddress::parse(bad), Err(BadAddress), "{bad}");
        }
    }
}

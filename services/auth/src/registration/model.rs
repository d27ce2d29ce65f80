//! Whose password a link confirms.

use std::net::{IpAddr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::{sessions::Device, users::store::NewAccount};

/// Where a request comes from, as far as it tells people apart: an IPv4 address, or the /64 of IPv6 that one customer has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place(String);

impl Place {
    /// `None` where nobody has said where it comes from.
    pub fn of(device: &Device) -> Option<Self> {
        let address: IpAddr = device.address.as_ref()?.parse().ok()?;
        Some(match address.to_canonical() {
            IpAddr::V4(address) => Self(address.to_string()),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string())
            }
        })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn from_column(text: String) -> Self {
        Self(text)
    }
}

/// The account that a form asks for, and where the form was filled in; `None` when its password is to be nobody's.
#[derive(Debug, Clone)]
pub struct Registration {
    pub account: NewAccount,
    pub asked_from: Option<Place>,
}

impl Registration {
    /// Whether the form's password is that of whoever follows the link. Anybody can fill in a form with somebody else's
    /// address and wait until its owner, curious or careless, follows the mail. Only a form from where the owner is may
    /// be the owner's.
    pub fn is_of(&self, follower: Option<&Place>) -> bool {
        self.asked_from.is_some() && self.asked_from.as_ref() == follower
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(address: Option<&str>) -> Option<Place> {
        Place::of(&Device { user_agent: String::new(), address: address.map(str::to_owned) })
    }

    #[test]
    fn only_a_form_from_where_the_link_is_followed_has_a_good_password() {
        let account = NewAccount {
            email: "ada@example.com".to_owned().try_into().unwrap(),
            name: "Ada".to_owned().try_into().unwrap(),
            role: crate::users::UserRole::Customer,
            password_hash: crate::passwords::PasswordHash::new("hash".to_owned()),
        };
        for (asked_from, followed_from, is_good) in [
            (Some("198.51.100.7"), Some("198.51.100.7"), true),
            (Some("198.51.100.7"), Some("::ffff:198.51.100.7"), true),
            (Some("2001:db8:1:2::3"), Some("2001:db8:1:2:ffff::9"), true),
            (Some("2001:db8:1:2::3"), Some("2001:db8:1:3::3"), false),
            (Some("198.51.100.7"), Some("198.51.100.8"), false),
            (Some("198.51.100.7"), None, false),
            (None, Some("198.51.100.7"), false),
            (None, None, false),
        ] {
            let form = Registration { account: account.clone(), asked_from: place(asked_from) };
            assert_eq!(form.is_of(place(followed_from).as_ref()), is_good, "{asked_from:?} {followed_from:?}");
        }
    }
}

//! Where a request comes from: who is connected, or, where that is a proxy of ours, whom the proxy names.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::{HttpRequest, http::header::HeaderValue};
use ipnet::IpNet;

/// The client's address. Of `X-Forwarded-For` only what our own proxies have added is believed: the last entry that
/// is not one of them.
pub fn client_address(request: &HttpRequest, trusted: &[IpNet]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    if !is_trusted(peer, trusted) {
        return Some(peer);
    }
    let values: Vec<&HeaderValue> = request.headers().get_all("x-forwarded-for").collect();
    // By bytes: what a client wrote before our proxy's entry, whatever it is, must not make that unreadable.
    let entries = values.iter().rev().flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','));
    // An entry that is no address ends the chain: what stands before it cannot be ours.
    let known = entries.map_while(address).map(|address| address.to_canonical());
    let mut farthest = peer;
    for address in known {
        farthest = address;
        if !is_trusted(address, trusted) {
            break;
        }
    }
    Some(farthest)
}

fn address(entry: &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(entry).ok()?.trim().parse().ok()
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

/// Who shares a limit with this address: nobody in IPv4, the /64 that one customer has in IPv6.
pub fn limited_as(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_what_our_own_proxies_say_is_believed() {
        let trusted: Vec<IpNet> = ["10.0.0.0/8", "2001:db8::/32"].map(|text| text.parse().unwrap()).to_vec();
        for (peer, forwarded, client) in [
            ("192.0.2.7", &["198.51.100.1"][..], "192.0.2.7"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.9, 198.51.100.1, 10.2.0.1"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.9", "198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["198.51.100.1, <script>"], "10.0.0.1"),
            ("10.0.0.1", &["<script>, 198.51.100.1"], "198.51.100.1"),
            ("2001:db8::1", &["2001:db9::2"], "2001:db9::2"),
            ("10.0.0.1", &["\u{ff}, 203.0.113.5"], "203.0.113.5"),
            ("10.0.0.1", &["\u{ff}", "203.0.113.5"], "203.0.113.5"),
            ("::ffff:10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
        ] {
            let mut request = TestRequest::get().peer_addr((peer.parse::<IpAddr>().unwrap(), 5000).into());
            for value in forwarded {
                // As Latin-1: one byte for a character, readable or not.
                let bytes: Vec<u8> = value.chars().map(|character| u8::try_from(character).unwrap()).collect();
                request = request.append_header(("X-Forwarded-For", HeaderValue::from_bytes(&bytes).unwrap()));
            }
            let address = client_address(&request.to_http_request(), &trusted).unwrap();
            assert_eq!(address.to_string(), client, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn one_customer_has_one_bucket() {
        let limited = |text: &str| limited_as(text.parse().unwrap());
        assert_eq!(limited("2001:db8:1:2:3::4"), limited("2001:db8:1:2:ffff::1"));
        assert_ne!(limited("2001:db8:1:2::1"), limited("2001:db8:1:3::1"));
        assert_ne!(limited("192.0.2.1"), limited("192.0.2.2"));
    }
}

//! The links of a mail, in the order in which a reader meets them.

/// Each web address once: those of the HTML first, then those only the text has.
pub fn links(text: &str, html: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    let from_html = html.into_iter().flat_map(addresses).map(|address| unescape(&address));
    for address in from_html.chain(addresses(text)) {
        if !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

/// Runs of characters from `http://` or `https://` up to what cannot stand in an address (RFC 3986), without the
/// punctuation of a sentence at the end.
fn addresses(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("http") {
        let tail = &rest[start..];
        let end = tail.find(|c: char| c.is_whitespace() || "\"'<>`".contains(c)).unwrap_or(tail.len());
        let address = tail[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
        if address.starts_with("http://") || address.starts_with("https://") {
            found.push(address.to_owned());
        }
        rest = &tail[end.max("http".len())..];
    }
    found
}

/// Addresses in HTML write `&` as an entity.
fn unescape(address: &str) -> String {
    address.replace("&amp;", "&").replace("&#38;", "&").replace("&#x2F;", "/").replace("&#x3D;", "=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_once_in_reading_order() {
        let html = r#"<p><a href="http://127.0.0.1:8080/verify?token=a1&amp;x=2">Verify</a>
            or https://roomtone.example/help.</p>"#;
        let text = "Verify: http://127.0.0.1:8080/verify?token=a1&x=2\n(see https://roomtone.example/terms).";
        let expected = [
            "http://127.0.0.1:8080/verify?token=a1&x=2",
            "https://roomtone.example/help",
            "https://roomtone.example/terms",
        ];
        assert_eq!(links(text, Some(html)), expected);
    }

    #[test]
    fn words_that_only_begin_like_a_link_are_none() {
        assert_eq!(links("http https httpx http:/x ähttp://a ü", None), ["http://a"]);
        assert!(links("", None).is_empty());
    }
}

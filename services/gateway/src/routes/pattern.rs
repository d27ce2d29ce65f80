//! Patterns of paths: `{}` stands for one segment, `/*` at the end for the path itself and everything below it.

/// True when the pattern covers the path.
pub fn covers(pattern: &str, path: &str) -> bool {
    match pattern.strip_suffix("/*") {
        Some(pattern) => match consume(pattern, path) {
            Some(rest) => rest.is_empty() || rest.starts_with('/'),
            None => false,
        },
        None => consume(pattern, path) == Some(""),
    }
}

/// What is left of the path behind the pattern; `None` when they differ.
fn consume<'p>(mut pattern: &str, mut path: &'p str) -> Option<&'p str> {
    while let Some((literal, rest)) = pattern.split_once("{}") {
        path = path.strip_prefix(literal)?;
        let end = path.find('/').unwrap_or(path.len());
        if end == 0 {
            return None;
        }
        path = &path[end..];
        pattern = rest;
    }
    path.strip_prefix(pattern)
}

/// True where a segment means "here" or "up": no honest client sends one, and what one server resolves another may
/// take literally. Their percent-encoded spellings are seen by [`hides_plain_characters`].
fn has_dot_segment(path: &str) -> bool {
    path.contains("/.") && path.split('/').any(|segment| matches!(segment, "." | ".."))
}

/// True where a character stands percent-encoded that never needs it (RFC 3986 sections 2.3 and 6.2.2.2). Services
/// decode it before they look for their route: `%6cogin` would be a login there and none here.
fn hides_plain_characters(path: &str) -> bool {
    path.split('%').skip(1).any(|rest| {
        let code = rest.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        code.is_some_and(|code| code.is_ascii_alphanumeric() || b"-._~".contains(&code))
    })
}

/// True for a path that means the same to everybody who reads it.
pub fn is_plain(path: &str) -> bool {
    !has_dot_segment(path) && !hides_plain_characters(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_whole_segments() {
        for (pattern, path, expected) in [
            ("/api/rooms/*", "/api/rooms", true),
            ("/api/rooms/*", "/api/rooms/rom_1/prices", true),
            ("/api/rooms/*", "/api/rooms/", true),
            ("/api/rooms/*", "/api/roomservice", false),
            ("/api/companies/{}/balance", "/api/companies/com_1/balance", true),
            ("/api/companies/{}/balance", "/api/companies//balance", false),
            ("/api/companies/{}/balance", "/api/companies/com_1/balance/x", false),
            ("/api/companies/{}/balance", "/api/companies/a/b/balance", false),
            ("/api/health", "/api/health", true),
            ("/api/health", "/api/healthy", false),
        ] {
            assert_eq!(covers(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn dot_segments_are_seen_and_nothing_else() {
        for path in ["/api/../internal", "/api/auth/.", "/api/./x", "/.."] {
            assert!(has_dot_segment(path), "{path}");
        }
        for path in
            ["/.well-known/jwks.json", "/api/calendar/a.ics", "/api/studios/a..b", "/api/studios/.../x", "/a%20b"]
        {
            assert!(!has_dot_segment(path), "{path}");
        }
    }

    #[test]
    fn a_plain_character_in_disguise_is_seen() {
        for path in ["/%6cogin", "/%4Cogin", "/a%7e", "/%2e%2e/x", "/.%2E/x", "/%2d", "/%5F", "/%30", "/%25/%61"] {
            assert!(hides_plain_characters(path), "{path}");
        }
        for path in ["/login", "/a%20b", "/%2Fx", "/%25", "/%256c", "/%C3%A4", "/%", "/%6", "/%zz", "/%ä"] {
            assert!(!hides_plain_characters(path), "{path}");
        }
    }
}

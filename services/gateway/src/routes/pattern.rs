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

/// True where a segment means "here" or "up", plain or percent-encoded: no honest client sends one, and what one
/// server resolves another may take literally.
pub fn has_dot_segment(path: &str) -> bool {
    path.contains("/.") && path.split('/').any(is_dots) || path.contains('%') && path.split('/').any(is_dots)
}

fn is_dots(segment: &str) -> bool {
    let mut rest = segment;
    let mut dots = 0;
    while !rest.is_empty() {
        let next = rest.strip_prefix('.').or_else(|| rest.strip_prefix("%2e")).or_else(|| rest.strip_prefix("%2E"));
        match next {
            Some(next) => (rest, dots) = (next, dots + 1),
            None => return false,
        }
    }
    dots == 1 || dots == 2
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
    fn dot_segments_are_seen_in_every_spelling() {
        for path in ["/api/../internal", "/api/auth/.", "/api/%2e%2e/internal", "/api/.%2E/x", "/api/%2e/x"] {
            assert!(has_dot_segment(path), "{path}");
        }
        for path in
            ["/.well-known/jwks.json", "/api/calendar/a.ics", "/api/studios/a..b", "/api/studios/.../x", "/a%20b"]
        {
            assert!(!has_dot_segment(path), "{path}");
        }
    }
}

//! Sizes of a photo, and where they lie.

use std::str::FromStr;

use kernel::PhotoId;

/// The longer side of each kept size.
pub const EDGES: &[u32] = &[512, 128];

/// One of the kept sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge(u32);

impl FromStr for Edge {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        EDGES.iter().find(|edge| edge.to_string() == text).map(|edge| Self(*edge)).ok_or(())
    }
}

impl Edge {
    pub fn all() -> impl Iterator<Item = Self> {
        EDGES.iter().map(|edge| Self(*edge))
    }

    pub fn new(edge: u32) -> Self {
        Self(edge)
    }
}

/// Where a photo is shown, relative to the API's address.
pub fn url(id: PhotoId) -> String {
    format!("/api/user/photos/{id}/512")
}

/// The key of its object.
pub fn key(id: PhotoId, edge: Edge) -> String {
    format!("photos/{id}/{}.jpg", edge.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_kept_sizes_are_asked_for() {
        assert_eq!("128".parse(), Ok(Edge(128)));
        for other in ["0", "256", "0512", "+512", "512.jpg", ""] {
            assert_eq!(other.parse::<Edge>(), Err(()), "{other}");
        }
        let id = PhotoId::new();
        assert_eq!(url(id), format!("/api/user/photos/{id}/512"));
        assert_eq!(key(id, Edge(512)), format!("photos/{id}/512.jpg"));
    }
}

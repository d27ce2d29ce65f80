//! Sizes of a photo, where they lie, and their order.

use std::{collections::BTreeSet, str::FromStr};

use kernel::PhotoId;

/// The longer side of each kept size: for a page, and for a list.
pub const EDGES: &[u32] = &[1600, 400];

/// A room is not a gallery.
pub const MAX_PHOTOS: i64 = 30;

/// A shown photo, with the size of its largest rendition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Photo {
    pub id: PhotoId,
    pub width: i32,
    pub height: i32,
}

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
    format!("/api/photos/{id}/1600")
}

/// The same, small.
pub fn thumbnail_url(id: PhotoId) -> String {
    format!("/api/photos/{id}/400")
}

/// The key of its object.
pub fn key(id: PhotoId, edge: Edge) -> String {
    format!("room-photos/{id}/{}.jpg", edge.0)
}

/// True when the new order names every shown photo once and nothing else.
pub fn is_order_of(order: &[PhotoId], shown: &[Photo]) -> bool {
    let named: BTreeSet<PhotoId> = order.iter().copied().collect();
    let there: BTreeSet<PhotoId> = shown.iter().map(|photo| photo.id).collect();
    named.len() == order.len() && named == there
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_kept_sizes_are_asked_for() {
        assert_eq!("400".parse(), Ok(Edge(400)));
        for other in ["0", "512", "0400", "+400", "400.jpg", ""] {
            assert_eq!(other.parse::<Edge>(), Err(()), "{other}");
        }
        let id = PhotoId::new();
        assert_eq!(url(id), format!("/api/photos/{id}/1600"));
        assert_eq!(key(id, Edge(400)), format!("room-photos/{id}/400.jpg"));
    }

    #[test]
    fn an_order_names_every_photo_once() {
        let (a, b, c) = (PhotoId::new(), PhotoId::new(), PhotoId::new());
        let shown = [a, b].map(|id| Photo { id, width: 1, height: 1 });
        assert!(is_order_of(&[b, a], &shown));
        for order in [vec![a], vec![a, b, b], vec![a, b, c], vec![a, c], vec![]] {
            assert!(!is_order_of(&order, &shown), "{order:?}");
        }
    }
}

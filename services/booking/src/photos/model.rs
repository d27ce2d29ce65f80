//! Sizes of a photo, where it is shown, and the order of photos.

use std::collections::BTreeSet;

use kernel::PhotoId;
use storage::images::Sizes;

/// For a page, and for a list.
pub const SIZES: Sizes = Sizes::new("room-photos", &[1600, 400]);

/// A room is not a gallery.
pub const MAX_PHOTOS: i64 = 30;

/// A shown photo, with the size of its largest rendition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Photo {
    pub id: PhotoId,
    pub width: i32,
    pub height: i32,
}

/// Where a photo is shown, relative to the API's address.
pub fn url(id: PhotoId) -> String {
    format!("/api/photos/{id}/1600")
}

/// The same, small.
pub fn thumbnail_url(id: PhotoId) -> String {
    format!("/api/photos/{id}/400")
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
    fn an_order_names_every_photo_once() {
        let (a, b, c) = (PhotoId::new(), PhotoId::new(), PhotoId::new());
        let shown = [a, b].map(|id| Photo { id, width: 1, height: 1 });
        assert!(is_order_of(&[b, a], &shown));
        for order in [vec![a], vec![a, b, b], vec![a, b, c], vec![a, c], vec![]] {
            assert!(!is_order_of(&order, &shown), "{order:?}");
        }
    }
}

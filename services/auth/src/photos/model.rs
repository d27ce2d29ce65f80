//! Sizes of a photo, and where it is shown.

use kernel::PhotoId;
use storage::images::Sizes;

pub const SIZES: Sizes = Sizes::new("photos", &[512, 128]);

/// Where a photo is shown, relative to the API's address.
pub fn url(id: PhotoId) -> String {
    format!("/api/user/photos/{id}/512")
}

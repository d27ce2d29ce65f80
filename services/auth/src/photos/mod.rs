//! People's photos. What is kept is made anew from the pixels of what was sent, so nothing else of a file survives.
//!
//! Always holds: a photo's row is there before its objects are and goes after them, so no object is ever forgotten; a
//! person has one current photo at most.

pub mod store;

use kernel::PhotoId;

/// Where a photo is shown, relative to the API's address.
pub fn url(id: PhotoId) -> String {
    format!("/api/user/photos/{id}/512")
}

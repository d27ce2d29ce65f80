//! Studios that people want to find again. A favourite belongs to one person, and goes when the person is erased; a studio
//! that is deleted or whose company is closed is shown to nobody.

mod commands;
mod error;
pub mod http;
pub mod store;

pub use error::FavoriteError;

//! Images that people upload.
//!
//! What counts is the content: its first bytes say what it is, whatever name and type it was sent under. Its dimensions are
//! read and checked before a pixel is decoded (a few kilobytes can announce gigabytes). What is kept is made anew from the
//! upright pixels, as JPEG, so that neither a place in EXIF data nor a second file hidden behind the first survives.
//! Decoding runs on blocking threads, a bounded number at a time.

mod decode;
mod jpeg;
mod kept;
mod pipeline;

pub use decode::ImageError;
pub use kept::{Edge, Sizes, shown};
pub use pipeline::{ImagePipeline, Rendition};

/// The largest file that is accepted.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;

/// The most pixels that are decoded.
pub const MAX_PIXELS: u64 = 40_000_000;

/// What every kept image is.
pub const CONTENT_TYPE: &str = "image/jpeg";

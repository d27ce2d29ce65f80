//! From bytes to pixels.

use std::io::Cursor;

use actix_web::http::StatusCode;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, metadata::Orientation};
use problem::Problem;

use super::{MAX_BYTES, MAX_PIXELS, jpeg};

/// Room for the most pixels in the widest format (four channels of 16 bits), and for the decoder's own needs.
const MAX_DECODED_BYTES: u64 = MAX_PIXELS * 8 + 64 * 1024 * 1024;

/// Why an image is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    #[error("the file is larger than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("not a JPEG, PNG or WebP image")]
    UnsupportedFormat,
    #[error("{width} by {height} pixels are too many")]
    TooManyPixels { width: u32, height: u32 },
    #[error("the image is damaged or not complete")]
    Unreadable,
    #[error("too many images wait to be decoded")]
    Busy,
    #[error("an image could not be made")]
    Failed,
}

impl From<ImageError> for Problem {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::TooLarge => {
                let detail = format!("The file is larger than {MAX_BYTES} bytes.");
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", detail)
            }
            ImageError::UnsupportedFormat => Self::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_image",
                "The content is not a JPEG, PNG or WebP image.",
            ),
            ImageError::TooManyPixels { width, height } => {
                let detail = format!("{width} by {height} pixels are more than {MAX_PIXELS}.");
                Self::invalid("image_too_large", detail)
            }
            ImageError::Unreadable => Self::invalid("image_unreadable", "The image is damaged or not complete."),
            ImageError::Busy => {
                let detail = "Too many images are being uploaded at the moment. Please try again.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "too_busy", detail).retry_after(2)
            }
            ImageError::Failed => Self::internal(error),
        }
    }
}

/// The pixels of an image, and how its EXIF orientation wants them seen. Turning them takes as much room again: make them
/// fewer first.
pub(super) fn decode(content: &[u8]) -> Result<(DynamicImage, Orientation), ImageError> {
    if content.len() > MAX_BYTES {
        return Err(ImageError::TooLarge);
    }
    let format = sniff(content)?;
    if format == ImageFormat::Jpeg && !jpeg::is_complete(content) {
        // The decoder would fill what is missing with grey.
        return Err(ImageError::Unreadable);
    }
    let mut reader = ImageReader::with_format(Cursor::new(content), format);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| ImageError::Unreadable)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(ImageError::TooManyPixels { width, height });
    }
    let orientation = decoder.orientation().map_err(|_| ImageError::Unreadable)?;
    let pixels = DynamicImage::from_decoder(decoder).map_err(|_| ImageError::Unreadable)?;
    Ok((pixels, orientation))
}

fn sniff(content: &[u8]) -> Result<ImageFormat, ImageError> {
    match image::guess_format(content) {
        Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) => Ok(format),
        _ => Err(ImageError::UnsupportedFormat),
    }
}

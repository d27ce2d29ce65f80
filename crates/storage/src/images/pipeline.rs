//! Making the sizes that are kept, off the async threads and a bounded number at a time.

use std::{io::Cursor, sync::Arc};

use bytes::Bytes;
use image::{
    DynamicImage, ExtendedColorType, GenericImageView, Rgb, RgbImage, codecs::jpeg::JpegEncoder, imageops::FilterType,
};
use tokio::sync::Semaphore;

use super::{ImageError, decode::decode};

const JPEG_QUALITY: u8 = 85;

/// How many uploads may wait for their turn, each with its file in memory.
const QUEUE: usize = 16;

/// One size of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendition {
    /// The longer side has at most so many pixels; a smaller image is not enlarged.
    pub edge: u32,
    pub width: u32,
    pub height: u32,
    /// A JPEG without metadata.
    pub content: Bytes,
}

/// Decodes and resizes images. Cheap to clone; clones share the bound.
#[derive(Debug, Clone)]
pub struct ImagePipeline {
    places: Arc<Semaphore>,
    workers: Arc<Semaphore>,
}

impl ImagePipeline {
    /// So many images are decoded at once; each may need 400 MB for a moment.
    pub fn new(workers: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(workers + QUEUE)), workers: Arc::new(Semaphore::new(workers)) }
    }

    /// Makes a rendition for each edge. Nothing of the file but its pixels is in them.
    pub async fn render(&self, content: Bytes, edges: &'static [u32]) -> Result<Vec<Rendition>, ImageError> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| ImageError::Busy)?;
        let worker = self.workers.clone().acquire_owned().await.map_err(|_| ImageError::Busy)?;
        let task = tokio::task::spawn_blocking(move || {
            // Held until the work is done, even when nobody waits for it any more.
            let _held = (place, worker);
            render(&content, edges)
        });
        // A decoder that panics has met a file it cannot read.
        task.await.map_err(|_| ImageError::Unreadable)?
    }
}

fn render(content: &[u8], edges: &[u32]) -> Result<Vec<Rendition>, ImageError> {
    let (mut pixels, orientation) = decode(content)?;
    let largest = edges.iter().copied().max().unwrap_or(1);
    let (width, height) = pixels.dimensions();
    if width.max(height) > largest * 4 {
        // A quick first step; the good filter over forty million pixels would take seconds.
        pixels = pixels.thumbnail(largest * 2, largest * 2);
    }
    pixels.apply_orientation(orientation);
    let opaque = on_white(&pixels);
    drop(pixels);
    edges.iter().map(|edge| rendition(&opaque, *edge)).collect()
}

/// JPEG has no transparency.
fn on_white(pixels: &DynamicImage) -> DynamicImage {
    if !pixels.color().has_alpha() {
        return DynamicImage::ImageRgb8(pixels.to_rgb8());
    }
    let source = pixels.to_rgba8();
    let blend = |channel: u8, alpha: u8| {
        let (channel, alpha) = (u16::from(channel), u16::from(alpha));
        u8::try_from((channel * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
    };
    DynamicImage::ImageRgb8(RgbImage::from_fn(source.width(), source.height(), |x, y| {
        let [red, green, blue, alpha] = source.get_pixel(x, y).0;
        Rgb([blend(red, alpha), blend(green, alpha), blend(blue, alpha)])
    }))
}

fn rendition(pixels: &DynamicImage, edge: u32) -> Result<Rendition, ImageError> {
    let (width, height) = pixels.dimensions();
    let sized = if width.max(height) > edge { pixels.resize(edge, edge, FilterType::Lanczos3) } else { pixels.clone() };
    let rgb = sized.to_rgb8();
    let mut content = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut content, JPEG_QUALITY)
        .encode(&rgb, rgb.width(), rgb.height(), ExtendedColorType::Rgb8)
        .map_err(|_| ImageError::Failed)?;
    Ok(Rendition { edge, width: rgb.width(), height: rgb.height(), content: content.into_inner().into() })
}

//! What people upload, and what is made of it.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has to fail loudly")]

use std::io::Cursor;

use bytes::Bytes;
use image::{DynamicImage, GenericImageView, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use storage::images::{ImageError, ImagePipeline, MAX_BYTES, Rendition};

const EDGES: &[u32] = &[512, 128];

async fn render(content: impl Into<Bytes>) -> Result<Vec<Rendition>, ImageError> {
    ImagePipeline::new(1).render(content.into(), EDGES).await
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut content = Cursor::new(Vec::new());
    image.write_to(&mut content, format).unwrap();
    content.into_inner()
}

/// Red on the left, blue on the right, and never quite the same, so that no encoder makes nothing of it.
fn two_colours(width: u32, height: u32) -> DynamicImage {
    let noise = |x: u32, y: u32| u8::try_from((x * 31 + y * 17 + x * y) % 40).unwrap();
    let colour = |x, y| if x < width / 2 { Rgb([215, noise(x, y), 20]) } else { Rgb([20, noise(x, y), 215]) };
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, colour))
}

fn pixels(rendition: &Rendition) -> DynamicImage {
    image::load_from_memory_with_format(&rendition.content, ImageFormat::Jpeg).unwrap()
}

fn is_red(image: &DynamicImage, x: u32, y: u32) -> bool {
    let [red, _, blue, _] = image.get_pixel(x, y).0;
    red > 150 && blue < 100
}

#[tokio::test]
async fn every_format_becomes_two_small_jpegs_of_its_shape() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let made = render(encoded(&two_colours(1000, 500), format)).await.unwrap();
        let sizes: Vec<_> = made.iter().map(|made| (made.edge, made.width, made.height)).collect();
        assert_eq!(sizes, [(512, 512, 256), (128, 128, 64)], "{format:?}");
        for rendition in &made {
            let image = pixels(rendition);
            assert_eq!(image.dimensions(), (rendition.width, rendition.height));
            assert!(is_red(&image, 2, 2) && !is_red(&image, rendition.width - 3, 2), "{format:?}");
        }
    }
}

#[tokio::test]
async fn a_small_image_is_not_enlarged() {
    let made = render(encoded(&two_colours(40, 20), ImageFormat::Png)).await.unwrap();
    assert_eq!((made[0].width, made[0].height), (40, 20));
}

#[tokio::test]
async fn what_was_transparent_is_white() {
    let clear = DynamicImage::ImageRgba8(RgbaImage::from_pixel(50, 50, Rgba([0, 0, 0, 0])));
    let made = render(encoded(&clear, ImageFormat::Png)).await.unwrap();
    assert!(pixels(&made[0]).get_pixel(25, 25).0[0] > 250);
}

/// A JPEG with an APP1 segment after its start, as cameras write it.
fn with_exif(jpeg: &[u8], orientation: u8, extra: &[u8]) -> Vec<u8> {
    let mut tiff = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    tiff.extend([orientation, 0, 0, 0, 0, 0, 0]);
    tiff.extend(extra);
    let length = u16::try_from(tiff.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, &tiff, &jpeg[2..]].concat()
}

#[tokio::test]
async fn a_turned_photo_is_upright_and_says_nothing_of_where_it_was_taken() {
    let jpeg = encoded(&two_colours(400, 200), ImageFormat::Jpeg);
    // 6: turn it clockwise, so what was left is on top.
    let made = render(with_exif(&jpeg, 6, b"GPS 52.5200 13.4050")).await.unwrap();
    let image = pixels(&made[0]);
    assert_eq!(image.dimensions(), (200, 400));
    assert!(is_red(&image, 100, 5) && !is_red(&image, 100, 395));
    for rendition in &made {
        assert!(!contains(&rendition.content, b"Exif") && !contains(&rendition.content, b"GPS"));
    }
}

fn contains(content: &[u8], part: &[u8]) -> bool {
    content.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn of_two_files_in_one_only_the_pixels_are_kept() {
    let script = b"<script>alert(document.domain)</script>";
    let archive = b"PK\x03\x04 an archive at the end";
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let image = encoded(&two_colours(100, 50), format);
        for rendition in render([&image[..], script, archive].concat()).await.unwrap() {
            assert!(!contains(&rendition.content, b"script") && !contains(&rendition.content, b"PK\x03\x04"));
        }
    }
}

#[tokio::test]
async fn what_is_no_image_is_refused_whatever_it_is_called() {
    let jpeg = encoded(&two_colours(100, 50), ImageFormat::Jpeg);
    for content in [
        b"".to_vec(),
        b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(),
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>1</script></svg>".to_vec(),
        b"%PDF-1.7 photo.jpg".to_vec(),
        b"<html>photo.png</html>".to_vec(),
        [b"<html>", &jpeg[..]].concat(),
        b"BM\0\0\0\0".to_vec(),
    ] {
        assert_eq!(render(content.clone()).await, Err(ImageError::UnsupportedFormat), "{:?}", content.get(..9));
    }
}

#[tokio::test]
async fn half_an_image_is_refused() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let image = encoded(&two_colours(300, 300), format);
        for part in [image.len() / 4, image.len() / 2, image.len() * 9 / 10] {
            assert_eq!(render(image[..part].to_vec()).await, Err(ImageError::Unreadable), "{format:?} {part}");
        }
    }
}

/// The end of the thumbnail inside the EXIF data is not the end of the picture.
#[tokio::test]
async fn a_whole_thumbnail_does_not_make_half_a_photo_whole() {
    let jpeg = encoded(&two_colours(300, 300), ImageFormat::Jpeg);
    let thumbnail = encoded(&two_colours(16, 16), ImageFormat::Jpeg);
    let photo = with_exif(&jpeg, 1, &thumbnail);
    assert!(render(photo.clone()).await.is_ok());
    assert_eq!(render(photo[..photo.len() - 200].to_vec()).await, Err(ImageError::Unreadable));
}

/// A PNG header that announces so many pixels, and nothing more.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes());
    chunk.extend(height.to_be_bytes());
    chunk.extend([8, 6, 0, 0, 0]);
    let crc = crc32(&chunk).to_be_bytes();
    [b"\x89PNG\r\n\x1a\n\0\0\0\x0d", &chunk[..], &crc, b"\0\0\0\0IDAT\x35\xaf\x06\x1e"].concat()
}

fn crc32(data: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !data.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

/// A JPEG whose frame header claims other dimensions.
fn jpeg_claiming(width: u16, height: u16) -> Vec<u8> {
    let mut jpeg = encoded(&two_colours(16, 16), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

#[tokio::test]
async fn a_pixel_bomb_is_refused_before_it_is_decoded() {
    for (bomb, width, height) in [
        (png_header(60_000, 60_000), 60_000, 60_000),
        (png_header(40_000_001, 1), 40_000_001, 1),
        (jpeg_claiming(15_000, 15_000), 15_000, 15_000),
    ] {
        assert_eq!(render(bomb).await, Err(ImageError::TooManyPixels { width, height }));
    }
    // More than a product of 32 bits holds, and more than the decoder counts.
    assert!(render(png_header(0x7FFF_FFFF, 0x7FFF_FFFF)).await.is_err());
    assert!(render(jpeg_claiming(65_000, 65_000)).await.is_err());
    assert_eq!(render(vec![0xFF; MAX_BYTES + 1]).await, Err(ImageError::TooLarge));
}

#[tokio::test]
async fn only_so_many_images_wait_for_their_turn() {
    let pipeline = ImagePipeline::new(1);
    let image = Bytes::from(encoded(&two_colours(600, 600), ImageFormat::Png));
    let outcomes = futures_util::future::join_all((0..40).map(|_| pipeline.render(image.clone(), EDGES))).await;
    let busy = outcomes.iter().filter(|outcome| **outcome == Err(ImageError::Busy)).count();
    assert_eq!(busy, 40 - 17);
    assert!(pipeline.render(image, EDGES).await.is_ok());
}

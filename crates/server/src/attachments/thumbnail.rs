//! The small view of a picture. What it says of itself is checked before anything is unpacked.

use super::AttachmentLimits;
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, Rgb, RgbImage};
use std::path::Path;

/// The longest side of a small view, in pixels.
const SIDE: u32 = 320;
/// Of 1 to 100.
const QUALITY: u8 = 80;

/// Why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ThumbnailError {
    /// It has more pixels than are looked at.
    #[error("the image has too many pixels")]
    TooLarge,
    /// It is no picture after all.
    #[error("the image cannot be decoded: send a PNG, JPEG, GIF or WebP")]
    Undecodable,
}

fn undecodable<E>(_: E) -> ThumbnailError {
    ThumbnailError::Undecodable
}

/// A JPEG of at most [`SIDE`] pixels a side, the right way up. Blocks, for as long as the picture takes.
pub(super) fn small(path: &Path, limits: &AttachmentLimits) -> Result<Vec<u8>, ThumbnailError> {
    let mut reader =
        ImageReader::open(path).and_then(ImageReader::with_guessed_format).map_err(undecodable)?;
    let mut bounds = Limits::no_limits();
    bounds.max_alloc = Some(limits.image_memory);
    reader.limits(bounds);
    let mut decoder = reader.into_decoder().map_err(|error| match error {
        image::ImageError::Limits(_) => ThumbnailError::TooLarge,
        _ => ThumbnailError::Undecodable,
    })?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let large = width.max(height) > limits.image_side || pixels > limits.image_pixels;
    if large || decoder.total_bytes() > limits.image_memory {
        return Err(ThumbnailError::TooLarge);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(undecodable)?;
    if width > SIDE || height > SIDE {
        picture = picture.thumbnail(SIDE, SIDE);
    }
    picture.apply_orientation(orientation);
    let mut jpeg = Vec::new();
    on_white(&picture)
        .write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, QUALITY))
        .map_err(undecodable)?;
    Ok(jpeg)
}

/// JPEG knows no transparency.
fn on_white(picture: &DynamicImage) -> RgbImage {
    let rgba = picture.to_rgba8();
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let [r, g, b, a] = rgba.get_pixel(x, y).0.map(u32::from);
        Rgb([r, g, b].map(|value| ((value * a + 255 * (255 - a)) / 255) as u8))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use image::{ImageFormat, Rgba, RgbaImage};

    fn written(picture: &DynamicImage, format: ImageFormat) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        picture.save_with_format(file.path(), format).unwrap();
        file
    }

    fn picture(width: u32, height: u32, colour: [u8; 4]) -> DynamicImage {
        RgbaImage::from_pixel(width, height, Rgba(colour)).into()
    }

    #[test]
    fn each_of_the_four_is_made_small() {
        for format in [ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP, ImageFormat::Jpeg] {
            let red = picture(640, 100, [255, 0, 0, 255]);
            let red = if format == ImageFormat::Jpeg { DynamicImage::from(red.to_rgb8()) } else { red };
            let file = written(&red, format);
            let jpeg = small(file.path(), &AttachmentLimits::default()).unwrap();
            let seen = image::load_from_memory_with_format(&jpeg, ImageFormat::Jpeg).unwrap().to_rgb8();
            assert_eq!(seen.dimensions(), (320, 50), "{format:?}");
            let [r, g, b] = seen.get_pixel(100, 20).0;
            assert!(r > 240 && g < 15 && b < 15, "{format:?} {r} {g} {b}");
        }
    }

    #[test]
    fn small_ones_stay_and_what_is_clear_becomes_white() {
        let file = written(&picture(20, 10, [0, 0, 0, 0]), ImageFormat::Png);
        let jpeg = small(file.path(), &AttachmentLimits::default()).unwrap();
        let seen = image::load_from_memory(&jpeg).unwrap().to_rgb8();
        assert_eq!((seen.dimensions(), seen.get_pixel(5, 5).0.map(|v| v > 250)), ((20, 10), [true; 3]));
    }

    #[test]
    fn bombs_and_scraps_are_refused() {
        let limits =
            AttachmentLimits { image_side: 500, image_pixels: 20_000, ..AttachmentLimits::default() };
        let of = |width, height, limits: &AttachmentLimits| {
            let file = written(&picture(width, height, [1, 2, 3, 255]), ImageFormat::Png);
            small(file.path(), limits).err()
        };
        assert_eq!(of(501, 1, &limits), Some(ThumbnailError::TooLarge));
        assert_eq!(of(200, 101, &limits), Some(ThumbnailError::TooLarge));
        assert_eq!(of(200, 100, &limits), None);
        let tight = AttachmentLimits { image_memory: 1000, ..AttachmentLimits::default() };
        assert_eq!(of(100, 100, &tight), Some(ThumbnailError::TooLarge));

        // A few bytes that say they are 60000 by 60000.
        let file = written(&picture(10, 10, [1, 2, 3, 255]), ImageFormat::Gif);
        let mut bytes = std::fs::read(file.path()).unwrap();
        bytes[6..10].copy_from_slice(&[0x60, 0xea, 0x60, 0xea]);
        std::fs::write(file.path(), &bytes).unwrap();
        assert_eq!(small(file.path(), &AttachmentLimits::default()).err(), Some(ThumbnailError::TooLarge));
        for scrap in [&b""[..], b"\x89PNG\r\n\x1a\n", b"GIF89a", b"<svg/>", &bytes[..20]] {
            std::fs::write(file.path(), scrap).unwrap();
            assert!(small(file.path(), &AttachmentLimits::default()).is_err());
        }
    }
}

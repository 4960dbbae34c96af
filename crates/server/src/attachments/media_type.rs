//! What a file is, by its first bytes and by nobody's word.

/// The types that are told apart. Only pictures are ever shown in place; the rest is downloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MediaType {
    Png,
    Jpeg,
    Gif,
    Webp,
    Pdf,
    /// Whatever else: HTML, SVG and programs too.
    Other,
}

impl MediaType {
    pub(crate) fn of(head: &[u8]) -> Self {
        let begins = |magic: &[u8]| head.starts_with(magic);
        if begins(b"\x89PNG\r\n\x1a\n") {
            Self::Png
        } else if begins(b"\xff\xd8\xff") {
            Self::Jpeg
        } else if begins(b"GIF87a") || begins(b"GIF89a") {
            Self::Gif
        } else if begins(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
            Self::Webp
        } else if begins(b"%PDF-") {
            Self::Pdf
        } else {
            Self::Other
        }
    }

    pub(crate) fn is_picture(self) -> bool {
        matches!(self, Self::Png | Self::Jpeg | Self::Gif | Self::Webp)
    }

    /// Whether a file of that kind and type is shown in place by a browser.
    pub(crate) fn is_shown(image: bool, media_type: &str) -> bool {
        image && [Self::Png, Self::Jpeg, Self::Gif, Self::Webp].iter().any(|shown| shown.name() == media_type)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Pdf => "application/pdf",
            Self::Other => "application/octet-stream",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_would_run_is_no_picture() {
        for (head, expected) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], MediaType::Png),
            (b"\xff\xd8\xff\xe0", MediaType::Jpeg),
            (b"GIF89a", MediaType::Gif),
            (b"RIFF\x01\x02\x03\x04WEBPVP8 ", MediaType::Webp),
            (b"RIFF\x01\x02\x03\x04WAVE", MediaType::Other),
            (b"%PDF-1.7", MediaType::Pdf),
            (b"<svg xmlns='http://www.w3.org/2000/svg'>", MediaType::Other),
            (b"<!doctype html>", MediaType::Other),
            (b"#!/bin/sh", MediaType::Other),
            (b"MZ", MediaType::Other),
            (b"\x7fELF", MediaType::Other),
            (b" \x89PNG\r\n\x1a\n", MediaType::Other),
            (b"", MediaType::Other),
        ] {
            let found = MediaType::of(head);
            assert_eq!(found, expected);
            assert!(
                found.is_picture() == found.name().starts_with("image/") && !found.name().contains("svg")
            );
        }
    }
}

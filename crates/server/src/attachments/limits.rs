//! What uploads and pictures are held to.

use std::time::Duration;

/// Bounds of files and images in chats. How large one may be is [`liaison_chat::ChatLimits::attachment_bytes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentLimits {
    /// How much all files may take on the disk, in bytes. What does not fit is answered 507, as when the disk is full.
    /// `None`: as much as the disk has.
    pub total_bytes: Option<u64>,
    /// How many uploads may go on at once.
    pub uploads: usize,
    /// Of one user.
    pub uploads_per_user: usize,
    /// How long an upload may take.
    pub upload_timeout: Duration,
    /// How long the next part of an upload may take.
    pub part_timeout: Duration,
    /// How long an uploaded file waits for its message.
    pub unsent: Duration,
    /// The longest side of an image, in pixels.
    pub image_side: u32,
    /// Most pixels of an image.
    pub image_pixels: u64,
    /// Most memory that an image may take while it is looked into, in bytes.
    pub image_memory: u64,
    /// How many images are looked into at once.
    pub decoders: usize,
}

impl Default for AttachmentLimits {
    fn default() -> Self {
        Self {
            total_bytes: None,
            uploads: 128,
            uploads_per_user: 4,
            upload_timeout: Duration::from_secs(300),
            part_timeout: Duration::from_secs(15),
            unsent: Duration::from_secs(86_400),
            image_side: 16_384,
            image_pixels: 50_000_000,
            image_memory: 256 << 20,
            decoders: 2,
        }
    }
}

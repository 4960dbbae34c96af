//! Every number that bounds chat, in one table.

/// What threads and messages are held to. A field says what ACS documents, or that the number is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatLimits {
    /// Most participants of a thread. 250 (ACS).
    pub participants: u32,
    /// Most participants in one create or add. 200 (ACS).
    pub batch: usize,
    /// Longest message, in bytes of UTF-8. 28 KiB (ACS: "about 28 KB").
    pub message_bytes: usize,
    /// Most bytes of names and values in the metadata of a thread, a participant or a message. 1024 (ACS).
    pub metadata_bytes: usize,
    /// Longest topic, in bytes. 1024 (ours).
    pub topic_bytes: usize,
    /// Longest display name, in bytes. 256 (ours).
    pub display_name_bytes: usize,
    /// Most attachments of a message. 10 (ours).
    pub attachments: usize,
    /// Longest name of a file, in bytes. 255 (ours).
    pub file_name_bytes: usize,
    /// Largest file or image, in bytes. 25 MiB (ours).
    pub attachment_bytes: u64,
    /// Most bytes of files of one user that wait to be sent. 256 MiB (ours).
    pub unsent_bytes: u64,
    /// Above this many counted participants there are no receipts and no typing. 20 (ACS).
    pub receipts_and_typing_participants: u32,
    /// Days that a retention policy may name. 30 to 90 (ACS).
    pub retention_days: std::ops::RangeInclusive<u32>,
    /// Largest page of any list, and the size when none is asked for. 200 (ACS, for messages).
    pub page: usize,
}

impl ChatLimits {
    /// The product's values.
    pub const V1: Self = Self {
        participants: 250,
        batch: 200,
        message_bytes: 28 * 1024,
        metadata_bytes: 1024,
        topic_bytes: 1024,
        display_name_bytes: 256,
        attachments: 10,
        file_name_bytes: 255,
        attachment_bytes: 25 << 20,
        unsent_bytes: 256 << 20,
        receipts_and_typing_participants: 20,
        retention_days: 30..=90,
        page: 200,
    };

    /// The size of a page when that many were asked for: 1 to [`Self::page`].
    #[must_use]
    pub fn page_size(&self, asked: Option<u32>) -> usize {
        asked.map_or(self.page, |asked| (asked as usize).clamp(1, self.page))
    }
}

impl Default for ChatLimits {
    fn default() -> Self {
        Self::V1
    }
}

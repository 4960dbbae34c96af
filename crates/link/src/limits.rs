//! What bounds a link.

/// The sizes that both ends hold themselves and each other to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest frame, in bytes. 256 KiB.
    pub frame_bytes: usize,
    /// Deepest nesting of objects and arrays in a frame. 32.
    pub depth: usize,
    /// Most messages that are sent and not yet acknowledged, in each direction. 1024.
    pub unacknowledged: usize,
    /// Most bytes of bodies that are kept until they are acknowledged. 8 MiB.
    pub unacknowledged_bytes: usize,
    /// How many command ids the receiver remembers to recognise a repetition. 4096.
    pub remembered_ids: usize,
    /// Longest name of a kind, in bytes. 64.
    pub kind_bytes: usize,
    /// Longest token, in bytes. 16 KiB.
    pub token_bytes: usize,
    /// Most capabilities in a hello. 64.
    pub capabilities: usize,
}

impl Limits {
    /// The limits of version 1.
    pub const V1: Self = Self {
        frame_bytes: 256 * 1024,
        depth: 32,
        unacknowledged: 1024,
        unacknowledged_bytes: 8 * 1024 * 1024,
        remembered_ids: 4096,
        kind_bytes: 64,
        token_bytes: 16 * 1024,
        capabilities: 64,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::V1
    }
}

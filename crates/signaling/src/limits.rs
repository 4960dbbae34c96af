//! What bounds calls and their messages.

/// The sizes that both halves hold themselves and each other to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest session description, in bytes. 64 KiB.
    pub sdp_bytes: usize,
    /// Longest candidate line, in bytes. 1024.
    pub candidate_bytes: usize,
    /// Most candidates of one side in one revision of a session. 64.
    pub candidates: usize,
    /// Longest display name, in bytes. 256.
    pub display_name_bytes: usize,
    /// Most capabilities in a registration. 32.
    pub capabilities: usize,
    /// Longest capability, in bytes. 64.
    pub capability_bytes: usize,
    /// Longest push address, in bytes. 4096.
    pub push_bytes: usize,
    /// Most media sessions in a call. 8.
    pub sessions: usize,
    /// Most calls of one endpoint that are not over. 8.
    pub calls_per_endpoint: usize,
    /// Most calls of one user, over all devices, that are not over. 16.
    pub calls_per_user: usize,
    /// Most endpoints of one user that can be attached. 16.
    pub endpoints_per_user: usize,
    /// Most calls of a switchboard that are not over. 100 000.
    pub calls: usize,
    /// How many ended calls are remembered, to answer late questions. 4096 (the switchboard), 64 (an endpoint).
    pub ended_calls: usize,
}

impl Limits {
    /// The product's values.
    pub const V1: Self = Self {
        sdp_bytes: 64 * 1024,
        candidate_bytes: 1024,
        candidates: 64,
        display_name_bytes: 256,
        capabilities: 32,
        capability_bytes: 64,
        push_bytes: 4096,
        sessions: 8,
        calls_per_endpoint: 8,
        calls_per_user: 16,
        endpoints_per_user: 16,
        calls: 100_000,
        ended_calls: 4096,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::V1
    }
}

//! Audio between RTP and samples: Opus, jitter buffer, mixing, drift, levels.

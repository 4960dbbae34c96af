//! Clock drift between a sender and this machine: estimated, and taken out before the mix.

/// Estimates how much faster a sender's clock runs than ours.
#[derive(Debug, Clone, Default)]
pub struct DriftEstimator {}

/// Takes a known drift out of a stream by resampling it very slightly.
#[derive(Debug, Clone, Default)]
pub struct DriftCorrector {}

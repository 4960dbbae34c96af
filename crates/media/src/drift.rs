//! Clock drift between a sender and this machine, or between two devices: estimated, and taken out.

mod corrector;
mod estimator;

pub use corrector::DriftCorrector;
pub use estimator::DriftEstimator;

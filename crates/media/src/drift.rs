//! Clock drift between a sender and this machine: estimated, and taken out before the mix.

mod corrector;
mod estimator;

pub use corrector::DriftCorrector;
pub use estimator::DriftEstimator;

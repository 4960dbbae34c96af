//! Clock drift between a sender and this machine, or between two devices: estimated, and taken out.

mod capture;
mod corrector;
mod estimator;

pub use capture::CaptureDriftCorrector;
pub use corrector::DriftCorrector;
pub use estimator::DriftEstimator;

//! The demo's report.

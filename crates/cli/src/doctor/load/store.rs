//! The store alone: durable sends without HTTP and TLS around them.

use super::report::Sends;
use crate::doctor::percentiles::percentiles;
use crate::exit::Failure;
use crate::process::cpu_time;
use std::path::Path;
use std::time::Duration;

/// As the sends over HTTPS, but handed to the store in this process.
pub async fn measure(folder: &Path, senders: usize, length: Duration) -> Result<Sends, Failure> {
    let before = cpu_time().unwrap_or_default();
    let done = liaison_server::measure::sends(folder, senders, length)
        .await
        .map_err(|error| Failure::Other(error.to_string()))?;
    let cpu = cpu_time().unwrap_or_default().saturating_sub(before);
    let times = done.times.iter().map(|time| time.as_secs_f64() * 1e3);
    Sends::new(senders, done.elapsed, percentiles(times), cpu)
}

//! What the operator may set about webhooks.

use crate::random;
use std::path::PathBuf;
use std::time::Duration;

/// How webhooks are told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebhookLimits {
    /// Hosts, as URLs name them (a name or an address, without port), that may have private addresses and be spoken to
    /// without TLS. All others must have public addresses and use https.
    pub allowed_hosts: Vec<String>,
    /// A PEM file with authorities that are trusted beside those of the system.
    pub ca: Option<PathBuf>,
    /// How long a receiver may take to answer, all in all.
    pub timeout: Duration,
    /// How long after the first failure an event is told again; twice as long after each further one.
    pub first_retry: Duration,
    /// The longest time between two tries.
    pub longest_retry: Duration,
    /// How often an event is tried, 1 or more, before it is given up.
    pub attempts: u32,
    /// An event that is older is given up at its next failure.
    pub oldest: Duration,
    /// How many threads' events are told to one webhook at once, 1 or more.
    pub threads: usize,
    /// Events are put into one request up to this size, in bytes. One that is larger goes alone.
    pub request_bytes: usize,
    /// The largest that the file of dead letters becomes, in bytes; then its older half goes.
    pub dead_letter_bytes: u64,
}

impl Default for WebhookLimits {
    fn default() -> Self {
        Self {
            allowed_hosts: Vec::new(),
            ca: None,
            timeout: Duration::from_secs(15),
            first_retry: Duration::from_secs(2),
            longest_retry: Duration::from_secs(600),
            attempts: 150,
            oldest: Duration::from_secs(86_400),
            threads: 8,
            request_bytes: 256 * 1024,
            dead_letter_bytes: 16 << 20,
        }
    }
}

impl WebhookLimits {
    /// How long to wait after that many failures, 1 or more; what the receiver asked for when that is longer. A fifth
    /// of it is random, so that threads which failed together do not come back together.
    pub(super) fn pause(&self, failures: u32, asked: Option<Duration>) -> Duration {
        let doubled = self.first_retry.saturating_mul(1 << failures.saturating_sub(1).min(20));
        let pause = doubled.max(asked.unwrap_or_default()).min(self.longest_retry);
        let jitter = u32::try_from(random::seed() % 200).unwrap_or(0);
        pause.saturating_mul(1000 - jitter) / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_have_an_end() {
        let limits = WebhookLimits::default();
        for (failures, asked, longest) in [
            (1, None, 2),
            (2, None, 4),
            (5, None, 32),
            (12, None, 600),
            (u32::MAX, None, 600),
            (1, Some(60), 60),
            (1, Some(90_000), 600),
        ] {
            let pause = limits.pause(failures, asked.map(Duration::from_secs)).as_millis();
            let longest = longest * 1000;
            assert!(pause <= longest && pause > longest * 79 / 100, "{failures} {asked:?}: {pause}");
        }
    }
}

use std::time::Duration;

/// The time that one line of a trace stands for.
const STEP_MS: u64 = 20;

/// A recorded one-way network: what happens to a packet by when it is sent.
///
/// Line k holds the fate of all packets sent in [20k, 20k + 20) ms: the delay in milliseconds, or -1 for lost.
/// Played in a loop.
#[derive(Debug, Clone)]
pub struct Trace {
    fates: Vec<Option<Duration>>,
}

/// Why a text is not a trace.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TraceError {
    /// A line holds something other than a delay in milliseconds or -1.
    #[error("line {0} of the trace is neither a delay in milliseconds (0 to 60000) nor -1")]
    Line(usize),
    /// There is no line at all.
    #[error("the trace is empty")]
    Empty,
}

impl Trace {
    /// Reads a trace: one number a line; empty lines and lines that begin with `#` are passed over.
    pub fn parse(text: &str) -> Result<Self, TraceError> {
        let mut fates = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let value: f64 = line.parse().map_err(|_| TraceError::Line(index + 1))?;
            if value == -1.0 {
                fates.push(None);
            } else if (0.0..=60_000.0).contains(&value) {
                fates.push(Some(Duration::from_secs_f64(value / 1000.0)));
            } else {
                return Err(TraceError::Line(index + 1));
            }
        }
        if fates.is_empty() { Err(TraceError::Empty) } else { Ok(Self { fates }) }
    }

    /// The delay of a packet sent `since_start` after the trace began; `None` when it is lost.
    #[must_use]
    pub fn delay_at(&self, since_start: Duration) -> Option<Duration> {
        let step = since_start.as_millis() as u64 / STEP_MS;
        self.fates[(step % self.fates.len() as u64) as usize]
    }

    /// The share of lines on which packets are lost, 0 to 1.
    #[must_use]
    pub fn loss(&self) -> f64 {
        self.fates.iter().filter(|fate| fate.is_none()).count() as f64 / self.fates.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_for_20_ms_and_the_trace_repeats() {
        let trace = Trace::parse("# made by hand\n20\n-1\n37.5\n").unwrap();
        let at = |ms| trace.delay_at(Duration::from_millis(ms));
        assert_eq!(at(0), Some(Duration::from_millis(20)));
        assert_eq!(at(19), Some(Duration::from_millis(20)));
        assert_eq!(at(20), None);
        assert_eq!(at(40), Some(Duration::from_micros(37_500)));
        assert_eq!(at(60), at(0));
        assert!((trace.loss() - 1.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn refuses_what_is_not_a_trace() {
        assert_eq!(Trace::parse("20\nfast\n").unwrap_err(), TraceError::Line(2));
        assert_eq!(Trace::parse("20\n-2\n").unwrap_err(), TraceError::Line(2));
        assert_eq!(Trace::parse("NaN").unwrap_err(), TraceError::Line(1));
        assert_eq!(Trace::parse("\n").unwrap_err(), TraceError::Empty);
    }
}

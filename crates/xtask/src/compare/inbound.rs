//! The figures of a webrtc-stats inbound stream, between two moments.

use serde_json::Value;

use super::relay::Rtp;
use super::run::Figures;

/// `RTCInboundRtpStreamStats` at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub us: u64,
    pub cpu_us: u64,
    pub stats: Value,
}

/// What happened between two of them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Between {
    /// `concealedSamples` less `silentConcealedSamples`, of `totalSamplesReceived`.
    pub concealed_pct: f64,
    pub stretched_pct: f64,
    pub jitter_buffer_ms: f64,
    pub cpu_s_per_s: f64,
}

impl Between {
    /// With what the relay saw, if it looked, and what the processes held.
    pub fn figures(self, wire: Option<Rtp>, peak_kib: u64) -> Figures {
        let wire = wire.unwrap_or(Rtp { bytes_per_s: f64::NAN, packets_per_s: f64::NAN });
        Figures {
            concealed_pct: self.concealed_pct,
            dred_pct: None,
            stretched_pct: self.stretched_pct,
            jitter_buffer_ms: self.jitter_buffer_ms,
            wire_bytes_per_s: wire.bytes_per_s,
            packets_per_s: wire.packets_per_s,
            cpu_s_per_s: self.cpu_s_per_s,
            peak_kib,
        }
    }
}

/// From the last snapshot at or before `from_us` (or the first) to the last of all.
pub fn between(snapshots: &[Snapshot], from_us: u64) -> Option<Between> {
    let first = snapshots.iter().rposition(|snapshot| snapshot.us <= from_us).unwrap_or(0);
    let (before, after) = (snapshots.get(first)?, snapshots.last()?);
    let seconds = after.us.checked_sub(before.us).filter(|us| *us > 0)? as f64 / 1e6;
    let of = |name: &str| {
        let at = |snapshot: &Snapshot| snapshot.stats.get(name).and_then(Value::as_f64).unwrap_or(0.0);
        at(after) - at(before)
    };
    let total = of("totalSamplesReceived").max(1.0);
    let stretched = of("insertedSamplesForDeceleration") + of("removedSamplesForAcceleration");
    Some(Between {
        concealed_pct: 100.0 * (of("concealedSamples") - of("silentConcealedSamples")).max(0.0) / total,
        stretched_pct: 100.0 * stretched / total,
        jitter_buffer_ms: 1e3 * of("jitterBufferDelay") / of("jitterBufferEmittedCount").max(1.0),
        cpu_s_per_s: after.cpu_us.saturating_sub(before.cpu_us) as f64 / 1e6 / seconds,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(second: u64, concealed: u64, silent: u64) -> Snapshot {
        let stats = json!({
            "totalSamplesReceived": second * 48_000, "concealedSamples": concealed,
            "silentConcealedSamples": silent, "jitterBufferDelay": second as f64 * 2_400.0,
            "jitterBufferEmittedCount": second * 48_000, "insertedSamplesForDeceleration": second * 480,
        });
        Snapshot { us: second * 1_000_000, cpu_us: second * 50_000, stats }
    }

    #[test]
    fn what_was_before_is_left_out() {
        let all = [at(1, 9_000, 0), at(2, 9_000, 0), at(3, 9_960, 480), at(4, 10_440, 480)];
        let found = between(&all, 2_500_000).unwrap();
        assert!((found.concealed_pct - 100.0 * 960.0 / 96_000.0).abs() < 1e-9, "{found:?}");
        assert!((found.stretched_pct - 1.0).abs() < 1e-9);
        assert!((found.jitter_buffer_ms - 50.0).abs() < 1e-9);
        assert!((found.cpu_s_per_s - 0.05).abs() < 1e-9);
        assert_eq!(between(&all[..1], 0), None);
    }
}

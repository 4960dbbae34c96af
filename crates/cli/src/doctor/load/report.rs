//! The figures, beside their goals.

use super::service::Usage;
use crate::doctor::percentiles::Percentiles;
use crate::exit::Failure;
use crate::output;
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// Durable sends.
#[derive(Debug, Clone, Serialize)]
pub struct Sends {
    pub senders: usize,
    pub per_s: f64,
    /// From the request to its answer.
    pub ms: Percentiles,
    /// Processor time of the service for each; does not depend on what else the machine does.
    pub service_cpu_us_each: f64,
}

impl Sends {
    pub fn new(
        senders: usize,
        elapsed: Duration,
        ms: Option<Percentiles>,
        cpu: Duration,
    ) -> Result<Self, Failure> {
        let ms = ms.ok_or_else(|| Failure::Other("nothing was sent".to_owned()))?;
        Ok(Self {
            senders,
            per_s: (ms.count as f64 / elapsed.as_secs_f64()).round(),
            ms,
            service_cpu_us_each: cpu.as_secs_f64() * 1e6 / ms.count as f64,
        })
    }
}

/// Events told to many.
#[derive(Debug, Clone, Serialize)]
pub struct Fanout {
    pub listeners: usize,
    pub delivered_per_s: f64,
    /// Of an event on the realtime connection, without the WebSocket's and TLS' own.
    pub frame_bytes: f64,
    /// Events that never came.
    pub lost: u64,
    /// How often a listener was told to read what was left out.
    pub missed: u64,
    pub service_cpu_us_each: f64,
    /// Of those who send and listen.
    pub load_cpu_us_each: f64,
}

/// Clients that listen and hear nothing.
#[derive(Debug, Clone, Serialize)]
pub struct Idle {
    pub connections: usize,
    /// Memory of the service (RSS) in MB, before and with them.
    pub before_mb: f64,
    pub with_them_mb: f64,
    pub bytes_each: f64,
}

impl Idle {
    pub fn new(connections: usize, before: Usage, after: Usage) -> Self {
        let grown = after.rss_kib.saturating_sub(before.rss_kib);
        Self {
            connections,
            before_mb: before.rss_kib as f64 / 1e3 * 1.024,
            with_them_mb: after.rss_kib as f64 / 1e3 * 1.024,
            bytes_each: (grown * 1024) as f64 / connections as f64,
        }
    }
}

/// What one server did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sends: Option<Sends>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<Sends>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fanout: Option<Fanout>,
    /// From a send to the other client's event, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<Percentiles>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle: Option<Idle>,
}

/// `--report`.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Of this format; raised when a field changes its meaning.
    pub version: u32,
    pub liaison: Figures,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beside: Option<Beside>,
    pub notes: Vec<String>,
    pub program: String,
    pub profile: &'static str,
    pub processors: usize,
}

/// Another server that did the same work.
#[derive(Debug, Serialize)]
pub struct Beside {
    pub name: String,
    pub version: String,
    pub figures: Figures,
}

impl Report {
    pub fn new(liaison: Figures, beside: Option<Beside>, notes: Vec<String>) -> Self {
        Self {
            version: 1,
            liaison,
            beside,
            notes,
            program: format!("liaison {}", env!("CARGO_PKG_VERSION")),
            profile: if cfg!(debug_assertions) { "debug" } else { "release" },
            processors: std::thread::available_parallelism().map_or(0, usize::from),
        }
    }

    /// A line for each figure.
    pub fn table(&self) -> String {
        let other = self.beside.as_ref();
        let mut header = vec!["WHAT", "GOAL", "LIAISON"];
        header.extend(other.map(|other| other.name.as_str()));
        // The rows are the same ones in the same order for everybody; what they are called is not unique.
        let mut beside = other.map(|other| rows(&other.figures).into_iter());
        let rows: Vec<Vec<String>> = rows(&self.liaison)
            .into_iter()
            .filter_map(|row| {
                let same = beside.as_mut().map(|beside| beside.next().and_then(|same| same.value));
                let own = row.value.as_ref()?;
                let met = match row.met {
                    Some(true) => " (met)",
                    Some(false) => " (missed)",
                    None => "",
                };
                let mut cells = vec![row.what.to_owned(), row.goal.to_owned(), format!("{own}{met}")];
                cells.extend(same.map(|same| same.unwrap_or_else(|| "–".to_owned())));
                Some(cells)
            })
            .collect();
        output::table(&header, &rows)
    }

    /// Writes it.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self).map_err(|error| Failure::Other(error.to_string()))?;
        std::fs::write(path, text + "\n").map_err(|error| Failure::writing("report", path, error))
    }
}

struct Row {
    what: &'static str,
    goal: &'static str,
    value: Option<String>,
    met: Option<bool>,
}

/// Every figure there can be, with its goal where it has one.
fn rows(figures: &Figures) -> Vec<Row> {
    let row = |what, goal, value: Option<(f64, usize)>, meets: Option<&dyn Fn(f64) -> bool>| Row {
        what,
        goal,
        value: value.map(|(value, digits)| format!("{value:.digits$}")),
        met: value.and_then(|(value, _)| meets.map(|meets| meets(value))),
    };
    let Figures { sends, store, fanout, latency_ms, idle } = figures;
    let (sends, store, fanout) = (sends.as_ref(), store.as_ref(), fanout.as_ref());
    // The goal is for 10,000; fewer are held to their part beside what the service needs without any.
    let idle_goal = idle.as_ref().map(|idle| idle.connections == 10_000);
    vec![
        row("durable sends/s", ">= 8000", sends.map(|s| (s.per_s, 0)), Some(&|v| v >= 8000.0)),
        row("  p50 ms", "", sends.map(|s| (s.ms.p50, 1)), None),
        row("  p99 ms", "<= 50", sends.map(|s| (s.ms.p99, 1)), Some(&|v| v <= 50.0)),
        row("  server's CPU, µs each", "", sends.map(|s| (s.service_cpu_us_each, 0)), None),
        row("store alone, sends/s", ">= 15000", store.map(|s| (s.per_s, 0)), Some(&|v| v >= 15_000.0)),
        row("  CPU, µs each", "", store.map(|s| (s.service_cpu_us_each, 1)), None),
        row(
            "fan-out, deliveries/s",
            ">= 150000",
            fanout.map(|f| (f.delivered_per_s, 0)),
            Some(&|v| v >= 150_000.0),
        ),
        row("  bytes of a frame", "", fanout.map(|f| (f.frame_bytes, 0)), None),
        row("  lost", "0", fanout.map(|f| (f.lost as f64, 0)), Some(&|v| v == 0.0)),
        row("  server's CPU, µs each", "", fanout.map(|f| (f.service_cpu_us_each, 2)), None),
        row("  the load's CPU, µs each", "", fanout.map(|f| (f.load_cpu_us_each, 2)), None),
        row("send to event, p50 ms", "<= 5", latency_ms.map(|l| (l.p50, 2)), Some(&|v| v <= 5.0)),
        row("  p99 ms", "", latency_ms.map(|l| (l.p99, 2)), None),
        row(
            "idle connections: MB",
            "<= 120 for 10000",
            idle.as_ref().map(|i| (i.with_them_mb, 1)),
            (idle_goal == Some(true)).then_some(&|v| v <= 120.0),
        ),
        row("  how many", "", idle.as_ref().map(|i| (i.connections as f64, 0)), None),
        row("  bytes each", "", idle.as_ref().map(|i| (i.bytes_each, 0)), None),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn idle(connections: usize, with_them_mb: f64) -> Figures {
        let idle = Idle { connections, before_mb: 20.0, with_them_mb, bytes_each: 9e3 };
        Figures { idle: Some(idle), ..Figures::default() }
    }

    #[test]
    fn what_was_not_measured_has_no_line_and_a_goal_is_met_or_missed() {
        let table = |figures| Report::new(figures, None, vec![]).table();
        assert_eq!(table(Figures::default()), "WHAT  GOAL  LIAISON");
        assert!(table(idle(10_000, 119.0)).contains("119.0 (met)"));
        assert!(table(idle(10_000, 121.0)).contains("121.0 (missed)"));
        assert!(table(idle(100, 121.0)).contains("121.0\n"));
    }

    #[test]
    fn rows_of_one_name_keep_their_own_figures() {
        let sends = |us| Sends {
            senders: 1,
            per_s: 1.0,
            ms: Percentiles { count: 1, mean: 1.0, p50: 1.0, p95: 1.0, p99: 1.0 },
            service_cpu_us_each: us,
        };
        let fanout = |us| Fanout {
            listeners: 1,
            delivered_per_s: 1.0,
            frame_bytes: 1.0,
            lost: 0,
            missed: 0,
            service_cpu_us_each: us,
            load_cpu_us_each: 1.0,
        };
        let both = |of_sends, of_fanout| Figures {
            sends: Some(sends(of_sends)),
            fanout: Some(fanout(of_fanout)),
            ..Figures::default()
        };
        let beside = Beside { name: "X".into(), version: "1".into(), figures: both(33.0, 44.0) };
        let table = Report::new(both(11.0, 22.0), Some(beside), vec![]).table();
        let lines: Vec<&str> = table.lines().filter(|line| line.contains("server's CPU")).collect();
        assert!(lines.iter().zip(["33", "44.00"]).all(|(line, other)| line.ends_with(other)), "{table}");
    }

    #[test]
    fn another_server_has_a_column() {
        let beside = Beside { name: "X".into(), version: "1".into(), figures: idle(9, 50.0) };
        let table = Report::new(idle(10_000, 119.0), Some(beside), vec![]).table();
        assert!(table.lines().next().unwrap().ends_with("X"), "{table}");
        assert!(table.contains("50.0"), "{table}");
    }
}

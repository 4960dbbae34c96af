//! The plots, as SVG text.

use std::fmt::Write as _;

use liaison_sim::speech::Recording;

use super::{Direction, Report};

const WIDTH: f64 = 1000.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 8.0;
const WAVE_HEIGHT: f64 = 70.0;
const PLOT_HEIGHT: f64 = 200.0;
const AXIS_HEIGHT: f64 = 22.0;

/// The common time axis of all plots.
#[derive(Debug, Clone, Copy)]
pub struct Axis {
    from_ms: f64,
    to_ms: f64,
}

impl Axis {
    /// Wide enough for all that was said and heard.
    pub fn of(report: &Report) -> Self {
        let mut axis = Self { from_ms: 0.0, to_ms: 1.0 };
        for recording in report.directions.iter().flat_map(|d| [&d.said, &d.heard]) {
            let start = start_ms(recording, report.zero_us);
            axis.from_ms = axis.from_ms.min(start);
            axis.to_ms = axis.to_ms.max(start + recording.length().as_secs_f64() * 1000.0);
        }
        axis
    }

    fn x(self, at_ms: f64) -> f64 {
        LEFT + (at_ms - self.from_ms) / (self.to_ms - self.from_ms) * (WIDTH - LEFT - RIGHT)
    }

    fn ticks(self, top: f64, bottom: f64) -> String {
        let step = nice_step((self.to_ms - self.from_ms) / 1000.0, 12.0);
        let mut out = String::new();
        let mut second = (self.from_ms / 1000.0 / step).ceil() * step;
        while second * 1000.0 <= self.to_ms {
            let x = self.x(second * 1000.0);
            let _ = write!(
                out,
                r#"<line class="grid" x1="{x:.1}" x2="{x:.1}" y1="{top}" y2="{bottom}"/><text x="{x:.1}" y="{:.1}" text-anchor="middle">{second:.0} s</text>"#,
                bottom + 15.0
            );
            second += step;
        }
        out
    }

    fn band(self, class: &str, from_ms: f64, to_ms: f64, top: f64, height: f64) -> String {
        let (x, end) = (self.x(from_ms), self.x(to_ms));
        format!(r#"<rect class="{class}" x="{x:.1}" y="{top}" width="{:.1}" height="{height}"/>"#, end - x)
    }
}

fn start_ms(recording: &Recording, zero_us: i64) -> f64 {
    (recording.start_us - zero_us) as f64 / 1000.0
}

/// 1, 2 or 5 times a power of ten, so that about `count` steps cover `span`.
fn nice_step(span: f64, count: f64) -> f64 {
    let raw = (span / count).max(1e-9);
    let power = 10f64.powf(raw.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|step| *step >= raw).unwrap_or(raw)
}

fn open(height: f64, label: &str) -> String {
    format!(r#"<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">"#)
}

/// What was said above what was heard, on one time axis, with the stop and the gaps marked.
pub fn waveforms(report: &Report, direction: &Direction) -> String {
    let axis = Axis::of(report);
    let height = 2.0 * WAVE_HEIGHT + AXIS_HEIGHT;
    let mut out = open(height, &format!("waveforms, {}", direction.name));
    out += &axis.band("stop", report.stop_ms.0, report.stop_ms.1, 0.0, 2.0 * WAVE_HEIGHT);
    let heard_start = start_ms(&direction.heard, report.zero_us);
    for gap in &direction.gaps {
        let from = heard_start + gap.heard_at.as_secs_f64() * 1000.0;
        let to = from + gap.length.as_secs_f64() * 1000.0;
        out += &axis.band("gap", from, to, 2.0 * WAVE_HEIGHT - 6.0, 6.0);
    }
    out += &axis.ticks(0.0, 2.0 * WAVE_HEIGHT);
    for (row, (name, recording)) in
        [("said", &direction.said), ("heard", &direction.heard)].into_iter().enumerate()
    {
        let middle = (row as f64 + 0.5) * WAVE_HEIGHT;
        let _ = write!(
            out,
            r#"<text x="4" y="{:.1}">{name}</text><path class="{name}" d="{}"/>"#,
            middle + 4.0,
            wave_path(axis, recording, start_ms(recording, report.zero_us), middle)
        );
    }
    out + "</svg>"
}

/// One vertical stroke for each half pixel.
fn wave_path(axis: Axis, recording: &Recording, start_ms: f64, middle: f64) -> String {
    let end_ms = start_ms + recording.length().as_secs_f64() * 1000.0;
    let columns = ((axis.x(end_ms) - axis.x(start_ms)) * 2.0).max(1.0) as usize;
    let loudest = recording.samples.iter().fold(0.01f32, |peak, s| peak.max(s.abs()));
    let scale = f64::from(0.92 / loudest) * WAVE_HEIGHT / 2.0;
    let mut path = String::new();
    for column in 0..columns {
        let from = recording.samples.len() * column / columns;
        let to =
            (recording.samples.len() * (column + 1) / columns).max(from + 1).min(recording.samples.len());
        let Some(chunk) = recording.samples.get(from..to) else { continue };
        let (low, high) = chunk.iter().fold((0f32, 0f32), |(low, high), &s| (low.min(s), high.max(s)));
        let x = axis.x(start_ms) + column as f64 / 2.0;
        let _ = write!(
            path,
            "M{x:.1} {:.1}V{:.1}",
            middle - f64::from(high) * scale - 0.3,
            middle - f64::from(low) * scale + 0.3
        );
    }
    path
}

/// The delay of each matched window of speech, both directions in one plot.
pub fn delays(report: &Report) -> String {
    let axis = Axis::of(report);
    let highest = report
        .directions
        .iter()
        .flat_map(|direction| &direction.delays.windows)
        .fold(50.0, |highest: f64, window| highest.max(window.delay_ms));
    let step = nice_step(highest * 1.1, 5.0);
    let top_ms = (highest * 1.1 / step).ceil() * step;
    let y = |ms: f64| PLOT_HEIGHT - ms.max(0.0) / top_ms * (PLOT_HEIGHT - 8.0);
    let mut out = open(PLOT_HEIGHT + AXIS_HEIGHT, "delay from mouth to ear over time");
    out += &axis.band("stop", report.stop_ms.0, report.stop_ms.1, 0.0, PLOT_HEIGHT);
    out += &axis.ticks(0.0, PLOT_HEIGHT);
    let mut ms = 0.0;
    while ms <= top_ms {
        let line = y(ms);
        let _ = write!(
            out,
            r#"<line class="grid" x1="{LEFT}" x2="{:.1}" y1="{line:.1}" y2="{line:.1}"/><text x="{:.1}" y="{:.1}" text-anchor="end">{ms:.0} ms</text>"#,
            WIDTH - RIGHT,
            LEFT - 5.0,
            line + 4.0
        );
        ms += step;
    }
    for (index, direction) in report.directions.iter().enumerate() {
        let start = start_ms(&direction.said, report.zero_us);
        for window in &direction.delays.windows {
            let _ = write!(
                out,
                r#"<circle class="d{index}" r="2.6" cx="{:.1}" cy="{:.1}"/>"#,
                axis.x(start + window.said_at_ms),
                y(window.delay_ms)
            );
        }
    }
    out + "</svg>"
}

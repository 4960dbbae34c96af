use std::time::Duration;

use liaison_sim::speech::{DelayOptions, GapOptions, find_gaps, likeness, measure_delays};

use super::*;

fn direction(name: &str) -> Direction {
    let tone = |n: usize| (n as f32 * 0.03 + (n as f32 * 0.0002).sin() * 40.0).sin() * 0.3;
    let said =
        Recording { samples: (0..48_000 * 3).map(tone).collect(), rate_hz: 48_000, start_us: 2_000_000 };
    let mut heard = Recording { start_us: 2_050_000, ..said.clone() };
    heard.samples[60_000..90_000].fill(0.0);
    let delays = measure_delays(&said, &heard, &DelayOptions::default());
    let gaps = find_gaps(&said, &heard, &delays, &GapOptions::default());
    let likeness = likeness(&said, &heard, &delays);
    Direction { name: name.to_owned(), said, heard, delays, likeness, gaps }
}

fn report() -> Report {
    Report {
        about: vec![("machine".into(), "a & b".into())],
        checks: vec![
            Check { demand: "two processes".into(), met: true, seen: "1 and 2".into() },
            Check { demand: "a gap".into(), met: false, seen: "<none>".into() },
        ],
        timeline: vec![Moment { at_ms: 12.0, place: "kiosk".into(), text: "Connecting".into() }],
        figures: vec![Figure { name: "setup [ms]".into(), values: ["61".into(), "62".into()] }],
        ends: ["kiosk".into(), "staff".into()],
        directions: [direction("kiosk → staff"), direction("staff → kiosk")],
        zero_us: 1_900_000,
        stop_ms: (1_400.0, 2_000.0),
        chat: vec!["heard: <3".into()],
        refused: vec!["403/5223".into()],
    }
}

#[test]
fn the_page_stands_alone() {
    let page = page::render(&report());
    for outside in ["http://", "https://", "<script", "<link", "url("] {
        assert!(!page.contains(outside), "the page reaches for {outside}");
    }
    assert_eq!(page.matches("<svg").count(), 3);
    assert_eq!(page.matches("data:audio/wav;base64,UklGR").count(), 2);
    assert_eq!(page.matches("<table>").count(), page.matches("</table>").count());
}

#[test]
fn what_failed_is_shown_and_text_is_escaped() {
    let report = report();
    assert!(!report.all_met());
    let page = page::render(&report);
    assert_eq!(page.matches("class=\"unmet\"").count(), 1);
    assert!(page.contains("&lt;none&gt;") && page.contains("a &amp; b"));
}

#[test]
fn plots_hold_every_window_and_every_gap() {
    let report = report();
    let windows: usize = report.directions.iter().map(|d| d.delays.windows.len()).sum();
    assert!(windows > 4);
    assert_eq!(svg::delays(&report).matches("<circle").count(), windows);
    let direction = &report.directions[0];
    assert_eq!(direction.gaps.len(), 1);
    assert!(direction.gaps[0].length.abs_diff(Duration::from_millis(625)) < Duration::from_millis(30));
    let plot = svg::waveforms(&report, direction);
    assert_eq!(plot.matches("class=\"gap\"").count(), 1);
    assert!(!plot.contains("NaN") && !plot.contains("inf"));
}

//! The page around the plots.

use std::fmt::Write as _;

use super::{Report, audio, svg};

const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1d2430; --dim: #667; --paper: #fff; --line: #d9dde4;
  --a: #1f6feb; --b: #c2410c; --good: #15803d; --bad: #b91c1c; --stop: #f59e0b33; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --dim: #9aa3b2; --paper: #12161d; --line: #2b3340;
  --a: #6ea8fe; --b: #fb923c; --good: #4ade80; --bad: #f87171; --stop: #f59e0b2e; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 68rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n { font-variant-numeric: tabular-nums; white-space: nowrap; }
.met { color: var(--good); } .unmet { color: var(--bad); font-weight: bold; } .dim { color: var(--dim); }
svg { width: 100%; height: auto; } svg text { font-size: 11px; fill: var(--dim); }
svg .grid { stroke: var(--line); stroke-width: 1; } svg .stop { fill: var(--stop); } svg .gap { fill: var(--bad); }
svg path { fill: none; stroke-width: .5; } svg .said { stroke: var(--dim); } svg .heard { stroke: var(--a); }
svg .d0 { fill: var(--a); } svg .d1 { fill: var(--b); } .k0 { color: var(--a); } .k1 { color: var(--b); }
pre { white-space: pre-wrap; border-left: 3px solid var(--line); padding-left: .75rem; }
audio { width: 100%; height: 2rem; }
";

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The whole page.
pub fn render(report: &Report) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>Liaison: the first call</title><style>{STYLE}</style>\n<h1>Liaison: the first call</h1>\n"
    );
    out += "<p>A kiosk written in C called a staff member by object id, over real UDP with DTLS-SRTP. Both spoke. \
            In the middle a relay stopped all packets for two seconds.</p>\n";
    checks(&mut out, report);
    figures(&mut out, report);
    for direction in &report.directions {
        let _ = write!(
            out,
            "<h2>{}</h2>\n{}\n<audio controls preload=\"none\" src=\"{}\"></audio>\n",
            escape(&direction.name),
            svg::waveforms(report, direction),
            audio::data_uri(&direction.heard)
        );
    }
    out += "<p class=\"dim\">Amber: no packet passed the relay. Red: silence was heard while something was said.</p>\n";
    out += "<h2>From mouth to ear</h2>\n<p>";
    for (index, direction) in report.directions.iter().enumerate() {
        let _ = write!(out, "<span class=\"k{index}\">● {}</span> ", escape(&direction.name));
    }
    let _ = write!(
        out,
        "</p>\n{}\n<p class=\"dim\">Each dot is half a second of speech, found again in the other end's recording by \
         normalised cross-correlation. The time is from its capture to its playout, on one clock.</p>\n",
        svg::delays(report)
    );
    timeline(&mut out, report);
    chat(&mut out, report);
    refused(&mut out, report);
    out += "<h2>About this run</h2>\n<table>";
    for (name, value) in &report.about {
        let _ = write!(out, "<tr><th>{}</th><td>{}</td></tr>", escape(name), escape(value));
    }
    out += "</table>\n</html>\n";
    out
}

fn checks(out: &mut String, report: &Report) {
    *out += "<h2>What had to be true</h2>\n<table>";
    for check in &report.checks {
        let (class, mark) = if check.met { ("met", "✓") } else { ("unmet", "✗") };
        let _ = write!(
            out,
            "<tr><td class=\"{class}\">{mark}</td><td>{}</td><td class=\"dim\">{}</td></tr>",
            escape(&check.demand),
            escape(&check.seen)
        );
    }
    *out += "</table>\n";
}

fn figures(out: &mut String, report: &Report) {
    let _ = write!(
        out,
        "<h2>Figures</h2>\n<table><tr><th></th><th>{}</th><th>{}</th></tr>",
        escape(&report.ends[0]),
        escape(&report.ends[1])
    );
    for figure in &report.figures {
        let _ = write!(
            out,
            "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            escape(&figure.name),
            escape(&figure.values[0]),
            escape(&figure.values[1])
        );
    }
    *out += "</table>\n";
}

fn timeline(out: &mut String, report: &Report) {
    *out += "<h2>Timeline</h2>\n<table>";
    for moment in &report.timeline {
        let _ = write!(
            out,
            "<tr><td class=\"n\">{:+.3} s</td><td class=\"dim\">{}</td><td>{}</td></tr>",
            moment.at_ms / 1000.0,
            escape(&moment.place),
            escape(&moment.text)
        );
    }
    *out += "</table>\n";
}

fn chat(out: &mut String, report: &Report) {
    *out += "<h2>The chat</h2>\n<p>The kiosk asks in writing, the staff member types an answer, and the kiosk deletes the \
             chat:</p>\n";
    lines(out, &report.chat);
}

fn refused(out: &mut String, report: &Report) {
    *out += "<h2>A call that was refused</h2>\n<p>The organisation's federation was switched off, and the kiosk \
             called again:</p>\n";
    lines(out, &report.refused);
}

fn lines(out: &mut String, lines: &[String]) {
    *out += "<pre>";
    for line in lines {
        *out += &escape(line);
        *out += "\n";
    }
    *out += "</pre>\n";
}

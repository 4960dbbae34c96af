//! Measures the speech, and says whether the call and the chat were as they have to be.

mod chat;

use anyhow::Result;
use liaison_sim::Counts;
use liaison_sim::speech::{DelayOptions, Gap, GapOptions, Recording, find_gaps, likeness, measure_delays};

use super::build::Programs;
use super::call::Call;
use super::chat::Chat;
use super::end::End;
use super::refused::Refused;
use crate::report::{Check, Direction, Figure, Moment, Report};

/// Heard speech is the said one when it is this much alike. Another text stays below 0.4.
const ALIKE: f64 = 0.8;
/// And when this share of the half seconds of speech is found in it again. Those of the stop cannot be, nor those in which
/// a busy machine made the jitter buffer change its delay; of another text next to none is.
const FOUND_AGAIN: f64 = 0.5;
/// Of the two seconds without packets, so much speech at least has to be missing.
const MISSED_MS: u128 = 800;
/// What the jitter buffer holds and concealment makes up blurs the edges of the gap by so much [µs].
const EDGE_US: i64 = 1_000_000;

/// Puts everything together.
pub fn judge(programs: &Programs, call: Call, chat: Chat, refused: Refused) -> Result<Report> {
    let [kiosk, staff] = &call.ends;
    let directions = [
        direction("kiosk → staff member", &kiosk.said, &staff.heard, call.stop_us),
        direction("staff member → kiosk", &staff.said, &kiosk.heard, call.stop_us),
    ];
    let mut checks = processes(&call);
    for direction in &directions {
        checks.extend(speech(direction, call.stop_us));
    }
    checks.push(notices(&call));
    checks.extend(chat::demands(&chat));
    checks.push(refusal(&refused));
    let ms = |at_us: i64| (at_us - call.zero_us) as f64 / 1000.0;
    Ok(Report {
        about: about(programs, &call),
        checks,
        timeline: call
            .moments
            .iter()
            .map(|(at_us, place, text)| Moment {
                at_ms: ms(*at_us),
                place: (*place).to_owned(),
                text: text.clone(),
            })
            .collect(),
        figures: figures(&call, &directions),
        ends: ["kiosk (C)".to_owned(), "staff member".to_owned()],
        zero_us: call.zero_us,
        stop_ms: (ms(call.stop_us.0), ms(call.stop_us.1)),
        chat: chat.lines(),
        refused: refused.lines,
        directions,
    })
}

fn direction(name: &str, said: &Recording, heard: &Recording, stop_us: (i64, i64)) -> Direction {
    // What was said before the recording began, or so late that it was not heard before its end, cannot be in it.
    let said = said.between(heard.start_us, heard.end_us() - 700_000);
    let options = DelayOptions::default();
    let delays = measure_delays(&said, heard, &options);
    // How alike they are is asked of the two parts with packets: the stop has its own demand.
    let parts = [(i64::MIN / 2, stop_us.0 - EDGE_US / 2), (stop_us.1 + EDGE_US, i64::MAX / 2)];
    let likeness = parts
        .into_iter()
        .map(|(from_us, to_us)| {
            let part = said.between(from_us, to_us);
            likeness(&part, heard, &measure_delays(&part, heard, &options))
        })
        .fold(1.0, f64::min);
    let gaps = find_gaps(&said, heard, &delays, &GapOptions::default());
    Direction { name: name.to_owned(), heard: heard.clone(), said, delays, likeness, gaps }
}

fn check(demand: impl Into<String>, met: bool, seen: impl Into<String>) -> Check {
    Check { demand: demand.into(), met, seen: seen.into() }
}

fn processes(call: &Call) -> Vec<Check> {
    let [kiosk, staff] = &call.ends;
    let both = |test: &dyn Fn(&Counts) -> bool| test(&call.packets.a_to_b) && test(&call.packets.b_to_a);
    let pair = |value: &dyn Fn(&Counts) -> u64| {
        format!(
            "{} from the kiosk, {} from the staff member",
            value(&call.packets.a_to_b),
            value(&call.packets.b_to_a)
        )
    };
    vec![
        check(
            "two processes, each with its own media socket",
            kiosk.pid != staff.pid && call.sockets_owned == [true, true],
            format!("processes {} and {}", kiosk.pid, staff.pid),
        ),
        check(
            "a DTLS handshake between them",
            both(&|counts| counts.dtls_handshake >= 2),
            format!("{} handshake records", pair(&|counts| counts.dtls_handshake)),
        ),
        check(
            "SRTP both ways",
            both(&|counts| counts.srtp >= 500),
            format!("{} packets", pair(&|counts| counts.srtp)),
        ),
        check(
            "nothing but STUN, DTLS and SRTP on the wire",
            both(&|counts| counts.other == 0),
            format!("{} others", pair(&|counts| counts.other)),
        ),
        check(
            "the payloads are enciphered",
            call.openings.iter().all(|openings| *openings > 128),
            format!(
                "{} and {} different first bytes of 256; plain Opus has a handful",
                call.openings[0], call.openings[1]
            ),
        ),
        check(
            "the call ends by hanging up",
            kiosk.code == (0, 0) && staff.code == (0, 0),
            format!("{}/{} and {}/{}", kiosk.code.0, kiosk.code.1, staff.code.0, staff.code.1),
        ),
    ]
}

fn speech(direction: &Direction, stop_us: (i64, i64)) -> [Check; 3] {
    let start_us = direction.heard.start_us;
    let span_us = |gap: &Gap| {
        let from = start_us + gap.heard_at.as_micros() as i64;
        (from, from + gap.length.as_micros() as i64)
    };
    let in_stop = |gap: &Gap| {
        let (from, to) = span_us(gap);
        from < stop_us.1 + EDGE_US && to > stop_us.0
    };
    let stop_missed: u128 =
        direction.gaps.iter().filter(|gap| in_stop(gap)).map(|gap| gap.missed.as_millis()).sum();
    let stop_heard: u128 =
        direction.gaps.iter().filter(|gap| in_stop(gap)).map(|gap| gap.length.as_millis()).sum();
    let others = direction.gaps.iter().filter(|gap| !in_stop(gap)).count();
    let matched = direction.delays.matched();
    let name = &direction.name;
    [
        check(
            format!("{name}: what is heard is what was said"),
            direction.likeness >= ALIKE && matched >= FOUND_AGAIN,
            format!("{:.2} alike; {:.0} % of the speech found again", direction.likeness, 100.0 * matched),
        ),
        check(
            format!("{name}: the stop of 2 s is heard as a gap"),
            stop_missed >= MISSED_MS,
            format!("silent for {stop_heard} ms while {stop_missed} ms of speech were said"),
        ),
        check(
            format!("{name}: there is no other gap"),
            others == 0,
            format!("{others} other gaps of 200 ms or more"),
        ),
    ]
}

fn notices(call: &Call) -> Check {
    let shown =
        |place: &str| call.moments.iter().any(|(_, at, text)| *at == place && text.starts_with("NOTICE:"));
    let (kiosk, staff) = (shown("kiosk"), shown("staff"));
    let seen = match (kiosk, staff) {
        (true, true) => "both showed the notice",
        (true, false) => "the staff member showed none",
        (false, true) => "the kiosk showed none",
        (false, false) => "neither showed one",
    };
    check("each was told that the other records", kiosk && staff, seen)
}

fn refusal(refused: &Refused) -> Check {
    let reason = refused.lines.last().cloned().unwrap_or_default();
    check(
        "without federation the call is refused, with the reason, and nothing is sent",
        refused.code == (403, 5223) && reason.len() > "because: ".len() && refused.packets_sent == 0,
        format!("{}/{} after {:.1} s: {reason}", refused.code.0, refused.code.1, refused.took.as_secs_f64()),
    )
}

fn optional(value: Option<f64>, digits: usize) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.digits$}"))
}

fn figures(call: &Call, directions: &[Direction; 2]) -> Vec<Figure> {
    let [kiosk, staff] = &call.ends;
    let row = |name: &str, value: &dyn Fn(&End) -> String| Figure {
        name: name.to_owned(),
        values: [value(kiosk), value(staff)],
    };
    // The kiosk hears the second direction, the staff member the first.
    let ear = |name: &str, share: f64| Figure {
        name: name.to_owned(),
        values: [
            optional(directions[1].delays.percentile_ms(share), 1),
            optional(directions[0].delays.percentile_ms(share), 1),
        ],
    };
    vec![
        row("media set up after [ms]", &|end| optional(end.setup_ms, 0)),
        row("first audio after [ms]", &|end| optional(end.first_audio_ms, 0)),
        ear("mouth to this ear, p50 [ms]", 0.5),
        ear("mouth to this ear, p95 [ms]", 0.95),
        row("packets sent", &|end| end.packets.0.to_string()),
        row("packets received", &|end| end.packets.1.to_string()),
        row("lost on the way here [%]", &|end| format!("{:.1}", end.loss_pct())),
        row("concealed [%]", &|end| format!("{:.1}", end.concealed_pct)),
        row("round trip [ms]", &|end| optional(end.round_trip_ms, 1)),
        row("processor [% of a core]", &|end| optional(end.cpu_pct, 1)),
        row("memory, peak [MiB]", &|end| optional(end.memory_mib, 1)),
    ]
}

fn about(programs: &Programs, call: &Call) -> Vec<(String, String)> {
    let line = |name: &str, value: String| (name.to_owned(), value);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let processor = std::fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        })
        .unwrap_or_else(|| "unknown processor".to_owned());
    let service = call.service.map_or("–".to_owned(), |(before, after)| {
        format!(
            "{:.1} % of a core, {:.1} MiB at most",
            after.cpu_pct_since(&before),
            after.peak_memory_kib as f64 / 1024.0
        )
    });
    vec![
        line("Build", format!("liaison {}, {}", env!("CARGO_PKG_VERSION"), programs.profile)),
        line("Machine", format!("{processor}, {cores} cores")),
        line("The service during the call", service),
        line(
            "Loss and concealment",
            "count the two seconds in which the relay let nothing pass".to_owned(),
        ),
        line(
            "How delay is taken",
            "capture time of the first sample to playout time of the same sample, on CLOCK_MONOTONIC; found in the \
             recordings, not in anybody's statistics; no sound card's own latency is in it"
                .to_owned(),
        ),
    ]
}

/// The report for a terminal.
pub fn print(report: &Report) {
    println!("\ntimeline");
    for moment in &report.timeline {
        println!("  {:>+9.3} s  {:<6} {}", moment.at_ms / 1000.0, moment.place, moment.text);
    }
    println!("\nfigures{:>36}{:>18}", report.ends[0], report.ends[1]);
    for figure in &report.figures {
        println!("  {:<28}{:>13}{:>18}", figure.name, figure.values[0], figure.values[1]);
    }
    println!("\nthe chat");
    for line in &report.chat {
        println!("  {line}");
    }
    println!("\nthe refused call");
    for line in &report.refused {
        println!("  {line}");
    }
    println!("\nwhat had to be true");
    for check in &report.checks {
        println!("  {} {}: {}", if check.met { "✓" } else { "✗" }, check.demand, check.seen);
    }
}

#[cfg(test)]
mod tests;

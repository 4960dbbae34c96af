//! Which goals are met, against each peer in the same run.

use super::row::Row;

/// One goal, judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub case: &'static str,
    pub peer: String,
    pub goal: &'static str,
    pub met: bool,
    /// What was seen, and how far it is from the goal.
    pub seen: String,
}

/// A clean push to pop must not take more than this share of libwebrtc's.
const CLEAN_DELAY: f64 = 0.6;
const CPU: f64 = 0.5;
const MEMORY: f64 = 0.25;
/// PESQ-WB gained under heavy loss, and lost at most on a clean network.
const PESQ_GAIN: f64 = 0.3;
const PESQ_LOSS: f64 = 0.05;
/// Same bit rate: bytes on the wire within this share.
const SAME_RATE: f64 = 0.03;

/// From device to device, of Chromium's.
const DEVICE_DELAY: f64 = 0.5;

fn ratio(ours: f64, theirs: f64, unit: &str, digits: usize) -> String {
    format!("{ours:.digits$} against {theirs:.digits$} {unit}, ratio {:.2}", ours / theirs)
}

/// Our row against a peer's on the same network.
pub fn judge(ours: &Row, peer: &Row) -> Vec<Verdict> {
    let mut all = Vec::new();
    let mut goal = |goal: &'static str, met: bool, seen: String| {
        all.push(Verdict { case: ours.case, peer: peer.system.clone(), goal, met, seen });
    };
    let libwebrtc = peer.system == "wrtc";
    let clean = ours.case == "clean";
    if clean {
        if libwebrtc {
            let met = ours.p50_ms <= CLEAN_DELAY * peer.p50_ms;
            goal("push to pop ≤ 0.6 ×", met, ratio(ours.p50_ms, peer.p50_ms, "ms", 1));
        }
        let seen = format!("{:.4} %", ours.concealed_pct);
        goal("concealed 0.000 %", ours.concealed_pct < 5e-4, seen);
    } else {
        let lower = ours.p50_ms < peer.p50_ms;
        goal("less delay", lower, ratio(ours.p50_ms, peer.p50_ms, "ms", 1));
        let dred = ours.dred_pct.unwrap_or(0.0);
        for (name, concealed) in [
            ("no more concealed", ours.concealed_pct),
            ("the same, DRED counted as concealed", ours.concealed_pct + dred),
        ] {
            // As much as the table shows.
            let met = concealed <= peer.concealed_pct + 5e-3;
            goal(name, met, format!("{concealed:.2} against {:.2} %", peer.concealed_pct));
        }
    }
    if libwebrtc {
        if let (Some(mine), Some(theirs)) = (ours.pesq, peer.pesq) {
            let gain = mine.value - theirs.value;
            let seen = format!("{:.2} against {:.2}, {gain:+.2}", mine.value, theirs.value);
            if clean {
                goal("PESQ-WB no worse than −0.05", gain >= -PESQ_LOSS, seen);
            } else if ["lossgen-10", "lossgen-20"].contains(&ours.case) {
                goal("PESQ-WB ≥ +0.3", gain >= PESQ_GAIN, seen);
            }
        }
        all.extend(judge_cost(
            ours,
            peer,
            ["CPU ≤ 0.5 ×, processing off", "memory ≤ 0.25 ×, processing off"],
        ));
    }
    let mut goal = |goal: &'static str, met: bool, seen: String| {
        all.push(Verdict { case: ours.case, peer: peer.system.clone(), goal, met, seen });
    };
    let share = ours.wire_bytes_per_s / peer.wire_bytes_per_s;
    let seen = ratio(ours.wire_bytes_per_s, peer.wire_bytes_per_s, "bytes/s", 0);
    // Less is no advantage taken.
    goal("same bit rate, + 3 % at most", share <= 1.0 + SAME_RATE, seen);
    all
}

fn judge_cost(ours: &Row, peer: &Row, [cpu, memory]: [&'static str; 2]) -> [Verdict; 2] {
    let verdict = |goal, met, seen| Verdict { case: ours.case, peer: peer.system.clone(), goal, met, seen };
    let cpu_seen = ratio(ours.cpu_pct, peer.cpu_pct, "% of a core", 2);
    let memory_seen = ratio(ours.peak_mb, peer.peak_mb, "MB", 1);
    [
        verdict(cpu, ours.cpu_pct <= CPU * peer.cpu_pct, cpu_seen),
        verdict(memory, ours.peak_mb <= MEMORY * peer.peak_mb, memory_seen),
    ]
}

/// What a call with our processing on costs, against libwebrtc's, which does none in these calls.
pub fn judge_processing(ours: &Row, peer: &Row) -> Vec<Verdict> {
    let names = ["CPU ≤ 0.5 ×, our processing on", "memory ≤ 0.25 ×, our processing on"];
    if peer.system == "wrtc" { judge_cost(ours, peer, names).into() } else { Vec::new() }
}

/// The same for whole calls with devices.
pub fn judge_devices(ours: &Row, peer: &Row) -> Vec<Verdict> {
    let verdict = |goal, met, seen| Verdict { case: ours.case, peer: peer.system.clone(), goal, met, seen };
    let concealed = format!("{:.3} against {:.3} %", ours.concealed_pct, peer.concealed_pct);
    vec![
        verdict(
            "device to device ≤ 0.5 ×",
            ours.p50_ms <= DEVICE_DELAY * peer.p50_ms,
            ratio(ours.p50_ms, peer.p50_ms, "ms", 1),
        ),
        verdict("no more concealed", ours.concealed_pct <= peer.concealed_pct + 5e-3, concealed),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::stats::Mean;

    fn row(system: &str, case: &'static str) -> Row {
        Row {
            system: system.to_owned(),
            case,
            p50_ms: 50.0,
            p95_ms: 60.0,
            concealed_pct: 2.0,
            dred_pct: None,
            stretched_pct: 0.0,
            jitter_buffer_ms: 20.0,
            pesq: Some(Mean { value: 3.0, half_width: 0.1, count: 20 }),
            stoi: None,
            wire_bytes_per_s: 7_000.0,
            packets_per_s: 50.0,
            cpu_pct: 8.0,
            peak_mb: 80.0,
            matched_pct: 100.0,
            rounds: 1,
        }
    }

    fn met(ours: &Row, peer: &Row, goal: &str) -> bool {
        judge(ours, peer).into_iter().find(|verdict| verdict.goal.starts_with(goal)).unwrap().met
    }

    #[test]
    fn each_goal_can_be_met_and_missed() {
        let peer = row("wrtc", "lossgen-10");
        let mut ours = Row { dred_pct: Some(0.5), ..row("us", "lossgen-10") };
        assert!(!met(&ours, &peer, "less delay"), "the same is not less");
        assert!(met(&ours, &peer, "no more concealed"));
        assert!(!met(&ours, &peer, "the same, DRED"), "DRED counts in the second reading");
        assert!(!met(&ours, &peer, "PESQ") && !met(&ours, &peer, "CPU") && !met(&ours, &peer, "memory"));
        ours.p50_ms = 49.0;
        ours.concealed_pct = 1.4;
        ours.pesq = Some(Mean { value: 3.31, half_width: 0.1, count: 20 });
        (ours.cpu_pct, ours.peak_mb) = (4.0, 20.0);
        assert!(judge(&ours, &peer).iter().all(|verdict| verdict.met), "{:?}", judge(&ours, &peer));
        ours.wire_bytes_per_s = 7_300.0;
        assert!(!met(&ours, &peer, "same bit rate"));
    }

    #[test]
    fn a_clean_network_asks_for_more_delay_and_nothing_concealed() {
        let peer = row("wrtc", "clean");
        let mut ours = Row { p50_ms: 30.0, concealed_pct: 0.0, ..row("us", "clean") };
        assert!(met(&ours, &peer, "push to pop") && met(&ours, &peer, "concealed"));
        (ours.p50_ms, ours.concealed_pct) = (30.1, 0.001);
        assert!(!met(&ours, &peer, "push to pop") && !met(&ours, &peer, "concealed"));
        let chromium = judge(&ours, &row("chromium", "clean"));
        assert!(
            chromium.iter().all(|verdict| !verdict.goal.starts_with("CPU")),
            "only libwebrtc's is a goal"
        );
    }

    #[test]
    fn processing_counts_as_ours() {
        let ours = Row { cpu_pct: 4.1, peak_mb: 20.0, ..row("us", "clean") };
        let met: Vec<bool> =
            judge_processing(&ours, &row("wrtc", "clean")).iter().map(|verdict| verdict.met).collect();
        assert_eq!(met, [false, true]);
        assert!(judge_processing(&ours, &row("chromium", "clean")).is_empty());
    }

    #[test]
    fn devices_have_half_of_chromiums_delay_and_conceal_no_more() {
        let peer = row("chromium", "devices");
        let seen =
            |ours: &Row| judge_devices(ours, &peer).iter().map(|verdict| verdict.met).collect::<Vec<_>>();
        assert_eq!(seen(&Row { p50_ms: 25.0, ..row("us", "devices") }), [true, true]);
        assert_eq!(seen(&Row { p50_ms: 25.1, concealed_pct: 2.1, ..row("us", "devices") }), [false, false]);
    }
}

//! `liaison call` and `liaison answer`: two processes, one service, real UDP.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use common::{Running, Service, liaison, run, write_tone};
use serde_json::Value;
use std::path::{Path, PathBuf};

struct World {
    service: Service,
    staff: String,
    kiosk_token: PathBuf,
    staff_token: PathBuf,
    voice: PathBuf,
}

impl World {
    fn new() -> Self {
        let service = Service::start();
        service.admin(&["tenant", "create", "--name", "Contoso"]);
        let staff = service.admin(&[
            "user",
            "add",
            "--tenant",
            "Contoso",
            "--upn",
            "ada@contoso.example",
            "--display-name",
            "Ada",
        ]);
        let voice = service.path("voice.wav");
        write_tone(&voice, 30);
        Self {
            staff: staff.trim().to_owned(),
            kiosk_token: service.token("kiosk.token", &["--new", "--scopes", "voip"]),
            staff_token: service.token("staff.token", &["--upn", "ada@contoso.example", "--scopes", "voip"]),
            service,
            voice,
        }
    }

    fn federate(&self, on: &str) {
        let resource = self.service.admin_json(&["resource", "list"])[0]["id"].as_str().unwrap().to_owned();
        self.service.admin(&[
            "federation",
            "set",
            "--tenant",
            "Contoso",
            "--enable-acs-users",
            on,
            "--allowed-acs-resources",
            &resource,
        ]);
    }

    fn end(&self, command: &str, token: &Path, more: &[&str]) -> Vec<String> {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let mut arguments: Vec<String> =
            [command, "--endpoint", &self.service.endpoint, "--ca"].into_iter().map(str::to_owned).collect();
        arguments.extend([self.service.ca(), "--token-file".to_owned(), text(token)]);
        arguments.extend(["--in".to_owned(), text(&self.voice)]);
        arguments.extend(["--media-bind", "127.0.0.1"].map(str::to_owned));
        arguments.extend(more.iter().map(|&argument| argument.to_owned()));
        if !more.contains(&"--out") {
            arguments.extend(["--device-out", "none"].map(str::to_owned));
        }
        arguments
    }

    fn start(&self, command: &str, token: &Path, more: &[&str]) -> Running {
        let arguments = self.end(command, token, more);
        Running::start(liaison(&arguments.iter().map(String::as_str).collect::<Vec<_>>()))
    }

    fn path(&self, name: &str) -> String {
        self.service.path(name).to_str().unwrap().to_owned()
    }
}

fn read_json(path: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Length in seconds and loudness of a WAV file of 48 kHz mono in 16 bits.
fn heard(path: &str) -> (f64, f64) {
    let bytes = std::fs::read(path).unwrap();
    let samples: Vec<f64> = bytes[44..]
        .chunks_exact(2)
        .map(|pair| f64::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0)
        .collect();
    let power = samples.iter().map(|sample| sample * sample).sum::<f64>() / samples.len().max(1) as f64;
    (samples.len() as f64 / 48_000.0, power.sqrt())
}

#[test]
fn a_call_is_answered_heard_recorded_with_notice_and_reported() {
    let world = World::new();
    world.federate("true");
    let (heard_here, heard_there) = (world.path("heard-here.wav"), world.path("heard-there.wav"));
    let (report_here, report_there) = (world.path("here.json"), world.path("there.json"));

    let mut staff = world.start(
        "answer",
        &world.staff_token,
        &["--once", "--out", &heard_there, "--report", &report_there],
    );
    staff.line("waiting for calls");
    let mut kiosk = world.start(
        "call",
        &world.kiosk_token,
        &[
            "--to",
            &world.staff,
            "--out",
            &heard_here,
            "--report",
            &report_here,
            "--seconds",
            "5",
            "--display-name",
            "Front door",
        ],
    );
    assert_eq!(kiosk.wait().code(), Some(0), "{}\n{}", kiosk.rest(), kiosk.errors());
    assert_eq!(staff.wait().code(), Some(0), "{}\n{}", staff.rest(), staff.errors());
    let (here, there) = (kiosk.rest(), staff.rest());

    // The timeline, in order. Ringing may be missing: of several states at once only the newest is told, and this
    // callee answers at once.
    let mut at = 0;
    for text in ["signed in as 8:acs:", "calling 8:orgid:", " s connected", "sound connected", "ended 0/0"] {
        let found = here[at..].find(text).unwrap_or_else(|| panic!("{text} after {at}:\n{here}"));
        at += found;
    }
    assert!(there.contains("incoming call from Front door (Unverified) (8:acs:"), "{there}");
    for line in here.lines().filter(|line| line.starts_with('+')) {
        let seconds = line.strip_prefix('+').and_then(|line| line.split_once(" s ")).unwrap().0;
        assert!(seconds.parse::<f64>().unwrap() < 60.0, "{line}");
    }
    // Each --out was announced to the other side, which printed it before anything was active.
    for lines in [&here, &there] {
        let notice = lines.find("will record this call").unwrap_or_else(|| panic!("no notice:\n{lines}"));
        assert!(lines[notice..].contains("recording active"), "{lines}");
    }

    for (path, report) in [(&heard_here, &report_here), (&heard_there, &report_there)] {
        let (seconds, loudness) = heard(path);
        // Of 5 s; how much of it depends on how busy the machine is.
        assert!((0.5..8.0).contains(&seconds), "{path}: {seconds} s");
        assert!(loudness > 0.02, "{path}: {loudness}");
        let report = read_json(report);
        assert_eq!((report["code"].as_u64(), report["sub_code"].as_u64()), (Some(0), Some(0)), "{report}");
        let number = |name: &str| report[name].as_f64().unwrap_or_else(|| panic!("{name}: {report}"));
        assert!(number("setup_ms") > 0.0 && number("setup_ms") < 20_000.0);
        assert!(number("first_audio_ms") >= number("setup_ms"));
        assert!(number("packets_received") > 50.0 && number("packets_sent") > 50.0);
        assert!(number("cpu_ms") > 0.0 && number("peak_rss_kib") > 1000.0);
        assert!(number("first_captured_us") > 0.0 && number("first_played_us") > 0.0);
        assert!(number("first_recorded_us") > 0.0);
        assert!((0.0..100.0).contains(&number("concealed_pct")));
        assert_eq!(report["timeline"].as_array().unwrap()[0]["event"], "connection");
    }
}

#[test]
fn json_lines_are_for_programs() {
    let world = World::new();
    world.federate("true");
    let mut staff = world.start("answer", &world.staff_token, &["--once", "--json"]);
    staff.line(r#""event":"waiting""#);
    let mut kiosk =
        world.start("call", &world.kiosk_token, &["--to", &world.staff, "--seconds", "2", "--json"]);
    assert_eq!(kiosk.wait().code(), Some(0), "{}", kiosk.errors());
    assert_eq!(staff.wait().code(), Some(0), "{}", staff.errors());
    for lines in [kiosk.rest(), staff.rest()] {
        let events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let times: Vec<f64> = events.iter().map(|event| event["at_s"].as_f64().unwrap()).collect();
        assert!(times.is_sorted() && events.iter().all(|event| event["monotonic_us"].as_u64().unwrap() > 0));
        let has = |event: &str, field: &str, value: &str| {
            events.iter().any(|moment| moment["event"] == event && moment[field] == value)
        };
        assert!(has("state", "state", "connected") && has("media", "state", "connected"), "{lines}");
        let last = events.last().unwrap();
        assert_eq!((&last["event"], last["code"].as_u64()), (&Value::from("ended"), Some(0)), "{lines}");
    }
}

#[test]
fn a_refused_call_says_why_and_how_it_ends() {
    let world = World::new();
    let call = |to: &str, token: &Path| {
        let arguments = world.end("call", token, &["--to", to]);
        let output = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    // The federation is off; nobody of that id; both look alike to the caller.
    let nobody = "8:orgid:00000000-0000-0000-0000-00000000dead";
    for to in [world.staff.as_str(), nobody] {
        let (code, out, error) = call(to, &world.kiosk_token);
        assert_eq!(code, 6, "{error}");
        assert!(out.contains("ended 403/5223") && error.contains("403/5223"), "{out}{error}");
    }
    // Allowed, but not there.
    world.federate("true");
    let (code, out, error) = call(&world.staff, &world.kiosk_token);
    assert_eq!(code, 6, "{error}");
    assert!(out.contains("ended 480/10037"), "{out}{error}");
    // A token that does not allow calls.
    let chat = world.service.token("chat.token", &["--new", "--scopes", "chat"]);
    let (code, out, error) = call(&world.staff, &chat);
    assert_eq!(code, 5, "{out}{error}");
    assert!(error.contains("voip"), "{error}");
}

#[test]
fn tokens_and_certificates_that_are_not_believed() {
    let world = World::new();
    // Without --ca: the system does not know this authority.
    let endpoint = world.service.endpoint.as_str();
    let token = world.staff_token.to_str().unwrap();
    let output = run(&[
        "answer",
        "--endpoint",
        endpoint,
        "--token-file",
        token,
        "--device-in",
        "none",
        "--device-out",
        "none",
    ]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{error}");
    assert!(error.contains("--ca DIR/ca.pem"), "{error}");

    // Of another service, and one whose signature was changed.
    let other = Service::start();
    let foreign = other.token("foreign.token", &["--new", "--scopes", "voip"]);
    let mut forged = std::fs::read_to_string(&world.staff_token).unwrap().trim().to_owned();
    let end = if forged.ends_with('A') { "QAAA" } else { "AAAA" };
    forged.replace_range(forged.len() - 4.., end);
    let changed = world.service.path("forged.token");
    std::fs::write(&changed, &forged).unwrap();
    for path in [foreign, changed] {
        let arguments = world.end("answer", &path, &[]);
        let output = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(5), "{error}");
        assert!(error.contains("the service refused the token"), "{error}");
        assert!(!error.contains("eyJ"), "a token belongs in no message: {error}");
    }
}

#[test]
fn ctrl_c_hangs_up_and_both_sides_end_well() {
    let world = World::new();
    world.federate("true");
    let mut staff = world.start("answer", &world.staff_token, &["--once"]);
    staff.line("waiting for calls");
    let mut kiosk = world.start("call", &world.kiosk_token, &["--to", &world.staff]);
    kiosk.line("sound connected");
    kiosk.signal("INT");
    assert_eq!(kiosk.wait().code(), Some(0), "{}", kiosk.errors());
    assert_eq!(staff.wait().code(), Some(0), "{}", staff.errors());
    assert!(staff.rest().contains("ended 0/0"));

    // An answering end that waits leaves as well.
    let mut staff = world.start("answer", &world.staff_token, &[]);
    staff.line("waiting for calls");
    staff.signal("TERM");
    assert_eq!(staff.wait().code(), Some(0));
}

#[test]
fn a_service_killed_in_mid_call_is_not_heard() {
    let mut world = World::new();
    world.federate("true");
    let report = world.path("kiosk.json");
    let mut staff = world.start("answer", &world.staff_token, &["--once"]);
    staff.line("waiting for calls");
    let mut kiosk = world.start(
        "call",
        &world.kiosk_token,
        &["--to", &world.staff, "--seconds", "12", "--report", &report],
    );
    kiosk.line("sound connected");
    world.service.crash(std::time::Duration::from_secs(1));
    kiosk.line("service connected");
    assert_eq!(kiosk.wait().code(), Some(0), "{}\n{}", kiosk.rest(), kiosk.errors());
    assert_eq!(staff.wait().code(), Some(0), "{}\n{}", staff.rest(), staff.errors());
    assert!(!kiosk.rest().contains("sound interrupted"), "{}", kiosk.rest());
    let report = read_json(&report);
    // Up to 50 packets a second went on coming; a busy machine sends fewer.
    assert!(report["packets_received"].as_u64().unwrap() > 200, "{report}");
}

#[test]
fn a_killed_peer_is_noticed_and_ends_the_call() {
    let world = World::new();
    world.federate("true");
    let staff = {
        let mut staff = world.start("answer", &world.staff_token, &[]);
        staff.line("waiting for calls");
        staff
    };
    let options = ["--to", &world.staff, "--media-lost-after", "6"];
    let mut kiosk = world.start("call", &world.kiosk_token, &options);
    kiosk.line("sound connected");
    staff.signal("KILL");
    kiosk.line("sound interrupted");
    assert_eq!(kiosk.wait().code(), Some(7));
    assert!(kiosk.rest().contains("ended 410/301004"), "{}", kiosk.rest());
    assert!(kiosk.errors().contains("broke off"));
}

//! Calls made by C programs: two engines in one process, the program in the header's opening page, the kiosk.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod c_support;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use c_support::answerer::Answerer;
use c_support::service::Service;
use c_support::{Program, SANITIZE, root, run, run_well};

const LIMIT: Duration = Duration::from_secs(120);

fn source(name: &str) -> std::path::PathBuf {
    root().join("tests/c").join(name)
}

/// Runs `call.c`: signs in, rings, talks, mutes, holds, records, hangs up, is rejected, is refused.
fn scenario(flags: &[&str]) {
    let service = Service::start();
    let (kiosk, kiosk_token) = service.app_user("kiosk");
    let folder = tempfile::tempdir().unwrap();
    let program = Program { flags, ..Program::new(&source("call.c")) }.build(folder.path());
    run_well(
        Command::new(program)
            .arg(&service.endpoint)
            .arg(&service.ca)
            .arg(kiosk_token)
            .arg(kiosk)
            .arg(service.staff_token())
            .arg(&service.staff)
            .arg(&service.refusing),
        LIMIT,
    );
}

#[test]
fn two_engines_of_one_process_call_each_other() {
    scenario(&[]);
}

#[test]
fn the_same_call_runs_clean_under_the_sanitizers() {
    scenario(&SANITIZE);
}

/// Two channels from port to port, with and without the sanitizers.
#[test]
fn what_is_said_on_the_left_is_heard_on_the_left() {
    for flags in [&[][..], &SANITIZE[..]] {
        let service = Service::start();
        let (_, kiosk_token) = service.app_user("kiosk");
        let folder = tempfile::tempdir().unwrap();
        let program = Program { flags, ..Program::new(&source("stereo.c")) }.build(folder.path());
        let mut command = Command::new(program);
        command.arg(&service.endpoint).arg(&service.ca).arg(kiosk_token).arg(service.staff_token());
        run_well(command.arg(&service.staff), LIMIT);
    }
}

#[test]
fn calling_a_teams_user_instead_of_an_app_user_changes_the_identifier_line_only() {
    let (app, teams) = (source("dial_app_user.c"), source("dial_teams_user.c"));
    let (a, b) = (std::fs::read_to_string(&app).unwrap(), std::fs::read_to_string(&teams).unwrap());
    assert_eq!(a.lines().count(), b.lines().count());
    let differing: Vec<(&str, &str)> = a.lines().zip(b.lines()).filter(|(a, b)| a != b).collect();
    let [(a, b)] = differing[..] else { panic!("{differing:#?}") };
    assert!(a.contains("communicationUserId") && b.contains("microsoftTeamsUserId"), "{a}\n{b}");

    let service = Service::start();
    let folder = tempfile::tempdir().unwrap();
    let (_, token) = service.app_user("caller");
    let (friend, friend_token) = service.app_user("friend");
    let people =
        [Answerer::new(&service, &friend_token, None), Answerer::new(&service, &service.staff_token(), None)];
    for (source, id) in
        [(app, friend.strip_prefix("8:acs:")), (teams, service.staff.strip_prefix("8:orgid:"))]
    {
        let program = Program::new(&source).build(folder.path());
        let ran = run_well(
            Command::new(program).arg(&service.endpoint).arg(&service.ca).arg(&token).arg(id.unwrap()),
            LIMIT,
        );
        assert_eq!(ran.stdout, "answered\n");
    }
    assert_eq!(people.map(|person| person.answered()), [1, 1]);
}

#[test]
fn the_program_in_the_headers_opening_page_makes_a_call() {
    let service = Service::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("first_call.c");
    std::fs::write(&path, c_support::opening_program()).unwrap();
    let program = Program::new(&path).build(folder.path());
    let (_, token) = service.app_user("caller");
    let token = std::fs::read_to_string(token).unwrap();
    let _staff = Answerer::new(&service, &service.staff_token(), Some(Duration::from_secs(1)));
    let call = |to: &str| {
        run_well(Command::new(&program).arg(&service.endpoint).arg(&service.ca).args([&token, to]), LIMIT)
    };

    let ran = call(&service.staff);
    assert!(ran.stdout.contains("call state 4\n"), "{ran:?}");
    assert!(ran.stdout.contains("ended with 0/0: "), "{ran:?}");
    let ran = call(&service.refusing);
    assert!(ran.stdout.contains("ended with 403/5223: "), "{ran:?}");
}

/// One second of a tone, 48 kHz mono 16 bits.
fn write_voice(path: &Path, rate: u32, channels: u16) {
    let spec = hound::WavSpec {
        channels,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for i in 0..rate * u32::from(channels) {
        let at = f64::from(i / u32::from(channels)) / f64::from(rate);
        writer.write_sample((8000.0 * (at * 440.0 * std::f64::consts::TAU).sin()) as i16).unwrap();
    }
    writer.finalize().unwrap();
}

#[test]
fn the_kiosk_calls_speaks_records_and_tells_its_figures() {
    let service = Service::start();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let kiosk = Program::new(&root().join("examples/c/kiosk.c")).build(folder.path());
    let (_, token) = service.app_user("kiosk");
    let staff = Answerer::new(&service, &service.staff_token(), None);
    write_voice(&at("voice.wav"), 48_000, 1);
    write_voice(&at("cd.wav"), 44_100, 2);
    std::fs::write(at("text.wav"), "this is no recording").unwrap();
    let command = |to: &str, voice: &str| {
        let mut command = Command::new(&kiosk);
        command.arg(&service.endpoint).arg(&service.ca).arg(&token).arg(to);
        command.arg(at(voice)).arg(at("heard.wav")).args(["--media-bind", "127.0.0.1:0"]);
        command
    };

    let ran = run_well(&mut command(&service.staff, "voice.wav"), LIMIT);
    let last = ran.stdout.lines().last().unwrap();
    let figures: serde_json::Value =
        serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {last}"));
    assert_eq!(figures["answered"], true, "{}", ran.stdout);
    assert_eq!(figures["code"], 0, "{}", ran.stdout);
    assert!(figures["setup_ms"].as_f64().unwrap() > 0.0, "{last}");
    assert!(figures["first_audio_ms"].as_f64().unwrap() > 0.0, "{last}");
    assert!(figures["packets_sent"].as_u64().unwrap() > 50, "{last}");
    assert!(figures["packets_received"].as_u64().unwrap() > 50, "{last}");
    assert!(
        figures["capture_t0_us"].as_i64().unwrap() > 0 && figures["playout_t0_us"].as_i64().unwrap() > 0,
        "{last}"
    );
    assert_eq!(staff.answered(), 1);
    for moment in ["signed in", "call connected", "recording", "call disconnected"] {
        assert!(ran.stdout.contains(moment), "{moment} is not in\n{}", ran.stdout);
    }
    let mut heard = hound::WavReader::open(at("heard.wav")).unwrap();
    let spec = heard.spec();
    assert_eq!((spec.sample_rate, spec.channels, spec.bits_per_sample), (48_000, 1, 16));
    let samples: Vec<f64> = heard.samples::<i16>().map(|sample| f64::from(sample.unwrap())).collect();
    assert!(samples.len() > 48_000, "{}", samples.len());
    let loudness = (samples.iter().map(|sample| sample * sample).sum::<f64>() / samples.len() as f64).sqrt();
    assert!(loudness > 500.0, "the staff's tone is not heard: {loudness}");

    let refused = run(&mut command(&service.refusing, "voice.wav"), LIMIT);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stdout.contains("\"answered\":false,\"code\":403,\"sub_code\":5223"), "{refused:?}");
    assert!(refused.stdout.contains("because: "), "{refused:?}");

    for (voice, complaint) in
        [("absent.wav", "No such file"), ("cd.wav", "convert it first"), ("text.wav", "convert it first")]
    {
        let wrong = run(&mut command(&service.staff, voice), LIMIT);
        assert_eq!(wrong.code, Some(1), "{wrong:?}");
        assert!(wrong.stderr.contains(complaint) && wrong.stderr.contains(voice), "{wrong:?}");
    }
    assert_eq!(run(&mut Command::new(&kiosk), LIMIT).code, Some(2));
}

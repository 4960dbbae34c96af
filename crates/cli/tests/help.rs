//! The help texts say what is there, and every command line that makes no sense is refused with a usage error.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use common::{fails, succeeds};

const FLAGS: &[(&[&str], &[&str])] = &[
    (&["serve"], &["--data", "--listen", "--public-url", "--cert", "--key", "127.0.0.1:8443"]),
    (&["admin", "resource", "regenerate-key"], &["--resource", "--key"]),
    (&["admin", "tenant", "create"], &["--name", "--id"]),
    (
        &["admin", "user", "add"],
        &["--tenant", "--upn", "--display-name", "--object-id", "--mode", "--enable-acs-federation-access"],
    ),
    (&["admin", "federation", "set"], &["--enable-acs-users", "--allowed-acs-resources"]),
    (&["admin", "federation", "explain"], &["--resource", "--user"]),
    (&["admin", "token"], &["--new", "--identity", "--upn", "--directory-reader", "--scopes", "--minutes"]),
    (&["admin", "backup"], &["--to", "--data"]),
    (&["admin", "restore"], &["--from", "--data"]),
    (&["admin", "check"], &["--json"]),
    (&["admin", "subject", "export"], &["RAWID", "--to"]),
    (&["admin", "subject", "erase"], &["RAWID"]),
    (
        &["call"],
        &[
            "--to",
            "--in",
            "--out",
            "--endpoint",
            "--token-file",
            "--ca",
            "--seconds",
            "--media-bind",
            "--media-advertise",
            "--report",
            "--device-in",
            "--device-out",
            "--json",
            "+0.123 s ringing",
        ],
    ),
    (&["answer"], &["--once", "--in", "--out", "--token-file", "--report"]),
    (&["chat"], &["--with", "--topic", "--thread", "--follow", "--token-file", "--json", "/help"]),
    (&["devices"], &["--json", "--device-in"]),
    (
        &["doctor", "loopback"],
        &[
            "--in",
            "--out",
            "--report",
            "--impair",
            "--trace",
            "--seconds",
            "--bitrate",
            "--ptime",
            "--in-band-only",
            "--processing",
        ],
    ),
    (
        &["doctor", "load"],
        &["--what", "--brief", "--senders", "--listeners", "--connections", "--on", "--report"],
    ),
    (&["doctor", "echo"], &["--far", "--mic", "--out", "--all"]),
    (&["doctor", "devices"], &["--device-in", "--device-out", "--markers", "--frames", "--json"]),
];

#[test]
fn help_names_every_flag() {
    for (command, flags) in FLAGS {
        let arguments: Vec<&str> = command.iter().copied().chain(["--help"]).collect();
        let help = succeeds(&arguments);
        for flag in *flags {
            assert!(help.contains(flag), "{command:?} does not mention {flag}:\n{help}");
        }
    }
}

#[test]
fn help_lists_commands_and_exit_codes() {
    let help = succeeds(&["--help"]);
    for word in
        ["serve", "admin", "call", "answer", "devices", "Exit codes:", "8  the address to listen on is taken"]
    {
        assert!(help.contains(word), "{word}:\n{help}");
    }
    for command in ["serve", "admin", "call", "answer", "devices"] {
        assert!(succeeds(&[command, "--help"]).contains("Exit codes:"), "{command}");
    }
    assert!(succeeds(&["--version"]).starts_with("liaison "));
}

#[test]
fn what_makes_no_sense_is_a_usage_error() {
    let token: &[&str] = &["admin", "--data", "d", "token"];
    let with = |rest: &[&'static str]| [token, rest].concat();
    let cases: Vec<(Vec<&str>, &str)> = vec![
        (vec![], "Usage"),
        (vec!["dial"], "unrecognized subcommand"),
        (vec!["serve"], "--data"),
        (vec!["serve", "--data", "d", "--listen", "8443"], "--listen"),
        (vec!["serve", "--data", "d", "--cert", "c.pem"], "--key"),
        (vec!["serve", "--data", "d", "--log", "liaison=loud=3"], "--log"),
        (vec!["admin", "tenant", "list"], "--data DIR"),
        (with(&["--scopes", "voip"]), "--new"),
        (with(&["--new", "--upn", "a", "--scopes", "voip"]), "cannot be used with"),
        (with(&["--new"]), "--scopes"),
        (with(&["--new", "--scopes", "voice"]), "unknown scope"),
        (with(&["--new", "--scopes", ","]), "names no scope"),
        (with(&["--new", "--scopes", "voip", "--minutes", "59"]), "60..=1440"),
        (with(&["--new", "--scopes", "voip", "--minutes", "1441"]), "60..=1440"),
        (with(&["--directory-reader"]), "--tenant"),
        (
            vec!["admin", "--data", "d", "federation", "set", "--tenant", "t", "--enable-acs-users", "maybe"],
            "maybe",
        ),
        (
            vec![
                "admin",
                "--data",
                "d",
                "user",
                "add",
                "--tenant",
                "t",
                "--upn",
                "u",
                "--display-name",
                "n",
                "--mode",
                "Some",
            ],
            "TeamsOnly",
        ),
        (vec!["call", "--to", "8:orgid:x", "--token-file", "t"], "--endpoint"),
        (vec!["call", "--endpoint", "https://h", "--to", "8:orgid:x"], "--token-file"),
        (vec!["call", "--endpoint", "https://h", "--to", "", "--token-file", "t"], "raw id is empty"),
        (
            vec![
                "call",
                "--endpoint",
                "https://h",
                "--to",
                "8:orgid:x",
                "--token-file",
                "t",
                "--seconds",
                "0",
            ],
            "between 0.1 and 86400",
        ),
        (
            vec!["answer", "--endpoint", "https://h", "--token-file", "t", "--media-bind", "localhost"],
            "not an address",
        ),
    ];
    for (arguments, text) in cases {
        let (code, error) = fails(&arguments);
        assert_eq!(code, 2, "{arguments:?}: {error}");
        assert!(error.contains(text), "{arguments:?}: {error}");
    }
}

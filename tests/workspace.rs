//! The house keeps its floors: which crate may depend on which (ARCHITECTURE.md, "floors").
//!
//! Arrows point down only, and two rooms on one floor never know each other. The exceptions are named here and
//! nowhere else.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

use std::collections::BTreeMap;
use std::path::Path;

/// Floors from the ground up. `sim` and `xtask` stand outside the house; of the house, only the doctor of `cli` uses
/// `sim`.
const FLOORS: [&[&str]; 4] = [
    &["media", "identity", "link"],
    &["transport", "device", "chat", "signaling"],
    &["engine", "server"],
    &["ffi", "cli"],
];

fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&room))
}

/// The names of the liaison crates in `[dependencies]` of one manifest (not those for tests).
fn arrows(manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            inside = section == "dependencies]"
                || (section.starts_with("target.") && section.ends_with(".dependencies]"));
        } else if inside && let Some(rest) = line.strip_prefix("liaison-") {
            let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
            found.push(name);
        }
    }
    found
}

fn rooms() -> BTreeMap<String, String> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates");
    let mut rooms = BTreeMap::new();
    for entry in std::fs::read_dir(&crates).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        rooms.insert(name, std::fs::read_to_string(path.join("Cargo.toml")).unwrap());
    }
    rooms
}

#[test]
fn arrows_point_down_only() {
    let rooms = rooms();
    assert!(rooms.len() >= 10, "the crates folder was not found whole: {:?}", rooms.keys());
    for (room, manifest) in &rooms {
        let Some(floor) = floor_of(room) else { continue };
        for below in arrows(manifest) {
            if (room.as_str(), below.as_str()) == ("cli", "sim") {
                continue;
            }
            let target = floor_of(&below);
            assert!(
                target.is_some_and(|target| target < floor),
                "{room} depends on {below}, which is not on a lower floor"
            );
        }
    }
}

#[test]
fn the_library_holds_no_server_code() {
    // The CLI is the only room that sees both halves.
    assert!(!arrows(&rooms()["ffi"]).contains(&"server".to_owned()));
    assert!(!arrows(&rooms()["engine"]).contains(&"server".to_owned()));
}

#[test]
fn every_pure_crate_bans_what_would_make_it_impure() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates");
    for pure in ["identity", "link", "media", "signaling", "chat"] {
        let text = std::fs::read_to_string(crates.join(pure).join("clippy.toml")).unwrap();
        for banned in ["std::time::Instant::now", "std::time::SystemTime::now", "std::thread::spawn"] {
            assert!(text.contains(banned), "crates/{pure}/clippy.toml does not ban {banned}");
        }
    }
}

#[test]
fn the_readme_lists_every_end_reason() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let listed: Vec<&str> = readme
        .lines()
        .skip_while(|line| !line.starts_with("| code | subCode |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    let real: Vec<String> = liaison_signaling::EndReason::ALL
        .iter()
        .map(|(_, reason, text)| format!("| {} | {} | {text} |", reason.code, reason.sub_code))
        .collect();
    assert_eq!(listed, real, "README.md, \"Why a call ended\"");
}

#[test]
fn the_documents_name_places_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for document in ["ARCHITECTURE.md", "README.md"] {
        let text = std::fs::read_to_string(root.join(document)).unwrap();
        let named = text.split('`').skip(1).step_by(2).filter(|word| !word.contains([' ', '\n']));
        let places: Vec<&str> = named
            .filter(|word| {
                ["crates/", "tests/", "benches/", "examples/", "include/", "fuzz/"]
                    .iter()
                    .any(|top| word.starts_with(top))
            })
            .filter(|word| !word.starts_with("fuzz/artifacts"))
            .collect();
        assert!(!places.is_empty() || document == "README.md");
        for place in places {
            assert!(root.join(place).exists(), "{document} names {place}, which is not there");
        }
    }
}

//! The licences of the crates that the libraries contain: most of them ask that their text goes along.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::shell;

/// The package whose dependencies end up in the libraries.
const LIBRARY: &str = "liaison-ffi";

const OPENING: &str = "\
libliaison contains the following packages. Each line gives its name, version, licence and source; the texts of the
licences follow, each once, with the packages that carry it.\n\n";

/// The text of `THIRD-PARTY.txt`.
pub fn third_party() -> Result<String> {
    // Without a platform cargo would fetch the packages of all of them.
    let host = host()?;
    let arguments = ["metadata", "--format-version", "1", "--locked", "--filter-platform", &host];
    let metadata = shell::output(&mut shell::cargo(&arguments))?;
    let metadata: Value = serde_json::from_str(&metadata).context("cargo metadata gave no JSON")?;
    let mut text = OPENING.to_owned();
    let mut licences: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in contained(&metadata) {
        let field = |name: &str| package[name].as_str().unwrap_or("").to_owned();
        let name = format!("{} {}", field("name"), field("version"));
        let _ = writeln!(text, "{name}: {} <{}>", field("license"), field("repository"));
        if let Some(folder) = Path::new(&field("manifest_path")).parent() {
            for licence in licence_texts(folder) {
                licences.entry(licence).or_default().push(name.clone());
            }
        }
    }
    for (licence, packages) in licences {
        let _ = write!(text, "\n{}\n{}\n\n{}\n", "-".repeat(100), packages.join(", "), licence.trim_end());
    }
    Ok(text)
}

/// The platform this runs on, as rustc calls it.
fn host() -> Result<String> {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let text = shell::output(std::process::Command::new(rustc).arg("-vV"))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not say its host")?.to_owned())
}

/// The packages the library links, from elsewhere than this workspace: its normal dependencies and theirs.
fn contained(metadata: &Value) -> Vec<&Value> {
    let nodes: BTreeMap<&str, &Value> = list(&metadata["resolve"]["nodes"])
        .iter()
        .filter_map(|node| Some((node["id"].as_str()?, node)))
        .collect();
    let packages = list(&metadata["packages"]);
    let mut waiting: Vec<&str> = packages
        .iter()
        .filter(|package| package["name"] == LIBRARY)
        .filter_map(|package| package["id"].as_str())
        .collect();
    let mut found = BTreeSet::new();
    while let Some(next) = waiting.pop() {
        let Some(node) = nodes.get(next) else { continue };
        if !found.insert(next) {
            continue;
        }
        for dependency in list(&node["deps"]) {
            // A kind of null is a normal dependency; build and dev ones are not in the library.
            if list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null()) {
                waiting.extend(dependency["pkg"].as_str());
            }
        }
    }
    let of_others = |package: &&Value| {
        !package["source"].is_null() && package["id"].as_str().is_some_and(|id| found.contains(id))
    };
    packages.iter().filter(of_others).collect()
}

/// The elements of a JSON array; none when it is something else.
fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The licence files in a package's folder, and in those of C sources that it brings along.
fn licence_texts(folder: &Path) -> BTreeSet<String> {
    let mut texts = BTreeSet::new();
    let folders = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    for folder in folders.filter(|path| path.is_dir()).chain([folder.to_owned()]) {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().to_ascii_uppercase();
            let is_licence =
                ["LICENSE", "LICENCE", "COPYING", "NOTICE"].iter().any(|start| name.starts_with(start));
            if is_licence
                && entry.path().is_file()
                && let Ok(text) = std::fs::read_to_string(entry.path())
            {
                texts.insert(text);
            }
        }
    }
    texts
}

//! The parts of the header that are not declarations: its opening page and the version macros.

use std::fmt::Write;
use std::path::Path;

use crate::{HeaderError, read};

/// The opening page: `opening.txt` as one C comment.
pub(crate) fn opening(root: &Path) -> Result<String, HeaderError> {
    let text = read(root.join("crates/ffi/header/opening.txt"))?;
    if text.contains("*/") {
        return Err(HeaderError::Form("opening.txt must not contain a comment's end".to_owned()));
    }
    Ok(format!("/*\n{text}*/"))
}

/// `LIAISON_VERSION` and its parts, from the workspace's version.
pub(crate) fn version_macros(root: &Path) -> Result<String, HeaderError> {
    let manifest = read(root.join("Cargo.toml"))?;
    let version = manifest
        .split("[workspace.package]")
        .nth(1)
        .and_then(|section| section.lines().find_map(|line| line.strip_prefix("version = ")))
        .map(|value| value.trim().trim_matches('"').to_owned())
        .ok_or_else(|| HeaderError::Form("Cargo.toml has no workspace version".to_owned()))?;
    let numbers = version.split(['-', '+']).next().unwrap_or_default();
    let parts: Vec<&str> = numbers.split('.').collect();
    let [major, minor, patch] = parts[..] else {
        return Err(HeaderError::Form(format!("the version {version} is not MAJOR.MINOR.PATCH")));
    };
    let mut text = String::from(
        "\n/**\n * The version of the library this header came with; the loaded one's is liaison_version().\n */\n",
    );
    let _ = writeln!(text, "#define LIAISON_VERSION \"{version}\"");
    for (name, number) in [("MAJOR", major), ("MINOR", minor), ("PATCH", patch)] {
        let _ = writeln!(text, "#define LIAISON_VERSION_{name} {number}");
    }
    text.pop();
    Ok(text)
}

/// What `# Safety` says to Rust programmers, the header says to C programmers elsewhere.
pub(crate) fn without_safety_sections(header: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut inside = false;
    for line in header.lines() {
        if line.trim() == "* # Safety" {
            inside = true;
            if kept.last().is_some_and(|last| last.trim() == "*") {
                kept.pop();
            }
        } else if line.trim() == "*/" {
            inside = false;
        }
        if !inside {
            kept.push(line);
        }
    }
    kept.join("\n") + "\n"
}

//! The peers and the measures, each by its name in its registry, into target/compare.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::prerequisites::{self, Package};
use crate::shell;

/// Where things were installed.
pub struct Installed {
    /// The folder of `@roamhq/wrtc`.
    pub wrtc: PathBuf,
    /// A Python with `pesq`, `pystoi` and `livekit`.
    pub python: PathBuf,
}

/// Installs what is missing into `folder`.
pub fn ensure(folder: &Path, system: &[&[Package]]) -> Result<Installed> {
    prerequisites::ensure(system)?;
    std::fs::create_dir_all(folder)?;
    let wrtc = folder.join("node_modules/@roamhq/wrtc");
    if !wrtc.join("package.json").is_file() {
        println!("   installing @roamhq/wrtc from npm");
        std::fs::write(folder.join("package.json"), "{\"private\": true}\n")?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "@roamhq/wrtc"]).current_dir(folder);
        shell::output(&mut npm)?;
    }
    let python = folder.join("venv/bin/python");
    let modules = ["-c", "import pesq, pystoi, scipy, livekit.rtc"];
    if !Command::new(&python).args(modules).output().is_ok_and(|output| output.status.success()) {
        println!("   installing pesq, pystoi and livekit from PyPI");
        shell::output(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")))?;
        let pip = ["-m", "pip", "install", "-q", "pesq", "pystoi", "scipy", "numpy", "livekit"];
        shell::output(Command::new(&python).args(pip))?;
    }
    Ok(Installed { wrtc, python })
}

/// The version of what npm installed.
pub fn wrtc_version(installed: &Installed) -> String {
    let text = std::fs::read_to_string(installed.wrtc.join("package.json")).unwrap_or_default();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    value.get("version").and_then(|version| version.as_str()).unwrap_or("unknown").to_owned()
}

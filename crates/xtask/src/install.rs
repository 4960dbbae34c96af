//! `cargo xtask install`: what a foreign project needs to build on Liaison, under a prefix.
//!
//! ```text
//! PREFIX/bin/liaison
//! PREFIX/include/liaison.h
//! PREFIX/lib/libliaison.so -> libliaison.so.ABI   (the name that programs ask for when they start)
//! PREFIX/lib/libliaison.a
//! PREFIX/lib/pkgconfig/liaison.pc
//! PREFIX/lib/cmake/liaison/liaison-config.cmake, liaison-config-version.cmake
//! PREFIX/share/doc/liaison/LICENSE-APACHE, LICENSE-MIT, THIRD-PARTY.txt
//! ```
//! The folder can be moved as a whole: the build systems' files find the rest from where they are.

mod files;
mod licences;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{place, prerequisites, shell, steps};

/// Where to.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The folder that gets bin, include, lib and share; made when absent. Files of an older installation are replaced.
    #[arg(long)]
    prefix: PathBuf,
    /// Install the libraries (and the program, if it is there) that are already built in this folder, instead of
    /// building them in release.
    #[arg(long, value_name = "DIR")]
    built: Option<PathBuf>,
}

/// Installs, and lists what was installed.
pub fn run(options: &Options) -> Result<()> {
    let built = match &options.built {
        Some(built) => built.clone(),
        None => build()?,
    };
    for path in install(&options.prefix, &built)? {
        println!("{}", path.display());
    }
    Ok(())
}

/// What the header says of itself.
#[derive(Debug)]
struct Version {
    version: String,
    abi: String,
}

impl Version {
    fn read(header: &str) -> Result<Self> {
        let value = |name: &str| {
            header
                .lines()
                .find_map(|line| line.strip_prefix("#define ")?.strip_prefix(name)?.strip_prefix(' '))
                .map(|value| value.trim_matches('"').to_owned())
                .with_context(|| {
                    format!("include/liaison.h does not define {name}: run `cargo xtask header`")
                })
        };
        Ok(Self { version: value("LIAISON_VERSION")?, abi: value("LIAISON_ABI")? })
    }
}

/// Builds in release; the folder with the results. With `lib` among its crate types the shared library would get no
/// link-time optimisation, so it is asked for alone.
fn build() -> Result<PathBuf> {
    prerequisites::ensure(&[prerequisites::BUILD])?;
    let library =
        ["rustc", "--release", "--locked", "-p", "liaison-ffi", "--lib", "--crate-type", "cdylib,staticlib"];
    steps::quiet_build("libliaison", shell::cargo(&library).args(["--color", "never"]))?;
    let program = ["build", "--release", "--locked", "-p", "liaison-cli", "--color", "never"];
    steps::quiet_build("liaison", &mut shell::cargo(&program))?;
    Ok(place::target().join("release"))
}

/// Installs what was built into `built` under `prefix`; the installed files.
pub fn install(prefix: &Path, built: &Path) -> Result<Vec<PathBuf>> {
    if !cfg!(target_os = "linux") {
        bail!("installing is written for Linux only so far");
    }
    let prefix = std::path::absolute(prefix).context("the prefix is not a path")?;
    let root = place::root();
    let header = root.join("include/liaison.h");
    let text =
        std::fs::read_to_string(&header).with_context(|| format!("cannot read {}", header.display()))?;
    let version = Version::read(&text)?;
    let mut installed = files::Installed::new(&prefix);

    installed.copy(&header, "include/liaison.h")?;
    let shared = format!("lib/libliaison.so.{}", version.abi);
    let library = installed.copy(&built.join("libliaison.so"), &shared)?;
    strip(&library, "--strip-unneeded");
    installed.link(&format!("libliaison.so.{}", version.abi), "lib/libliaison.so")?;
    let archive = installed.copy(&built.join("libliaison.a"), "lib/libliaison.a")?;
    strip(&archive, "--strip-debug");
    if built.join("liaison").is_file() {
        installed.copy(&built.join("liaison"), "bin/liaison")?;
    }
    installed.write("lib/pkgconfig/liaison.pc", &files::pkg_config(&version))?;
    installed.write("lib/cmake/liaison/liaison-config.cmake", &files::cmake_config(&version))?;
    installed.write("lib/cmake/liaison/liaison-config-version.cmake", &files::cmake_version(&version))?;
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        installed.copy(&root.join(licence), &format!("share/doc/liaison/{licence}"))?;
    }
    installed.write("share/doc/liaison/THIRD-PARTY.txt", &licences::third_party()?)?;
    Ok(installed.into_paths())
}

/// Leaves out what only debuggers need; without the tool the file is larger, and works.
fn strip(path: &Path, how: &str) {
    if shell::on_path("strip") {
        let _ = Command::new("strip").arg(how).arg(path).status();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_the_header() {
        let header =
            "#define LIAISON_VERSION \"1.2.3\"\n#define LIAISON_VERSION_MAJOR 1\n#define LIAISON_ABI 7\n";
        let version = Version::read(header).unwrap();
        assert_eq!((version.version.as_str(), version.abi.as_str()), ("1.2.3", "7"));
        assert!(Version::read("").is_err());
    }
}

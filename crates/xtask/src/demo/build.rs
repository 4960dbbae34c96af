//! Builds what the demo runs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{place, shell, steps};

/// The built programs.
#[derive(Debug)]
pub struct Programs {
    /// The `liaison` program.
    pub liaison: PathBuf,
    /// The kiosk that calls.
    pub kiosk: PathBuf,
    /// The kiosk that chats.
    pub kiosk_chat: PathBuf,
    /// How they were built.
    pub profile: &'static str,
}

/// Builds the program and the library with cargo, then the kiosk with the C compiler.
pub fn build() -> Result<Programs> {
    println!("building in release (the first time takes some minutes)");
    steps::quiet_build(
        "liaison and libliaison",
        &mut shell::cargo(&[
            "build",
            "--release",
            "--locked",
            "-p",
            "liaison-cli",
            "-p",
            "liaison-ffi",
            "--color",
            "never",
        ]),
    )?;
    let built = place::target().join("release");
    programs(&built, "release")
}

/// What has been built before, by whomever; only the kiosks are compiled.
pub fn found(folder: &Path) -> Result<Programs> {
    let folder =
        std::path::absolute(folder).with_context(|| format!("no such folder: {}", folder.display()))?;
    programs(&folder, "as found")
}

fn programs(built: &Path, profile: &'static str) -> Result<Programs> {
    Ok(Programs {
        liaison: built.join("liaison"),
        kiosk: kiosk(built, "kiosk")?,
        kiosk_chat: kiosk(built, "kiosk_chat")?,
        profile,
    })
}

/// Compiles a kiosk as any app would be: one C file, the header, the shared library.
fn kiosk(built: &Path, name: &str) -> Result<PathBuf> {
    let root = place::root();
    let folder = built.join("demo");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    // Cargo names the file libliaison.so; what links to it asks for its SONAME, as installed libraries have it.
    let soname = folder.join("libliaison.so.1");
    let _ = std::fs::remove_file(&soname);
    std::os::unix::fs::symlink(built.join("libliaison.so"), &soname)
        .with_context(|| format!("cannot make {}", soname.display()))?;
    let kiosk = folder.join(name);
    shell::run(
        Command::new(std::env::var("CC").unwrap_or_else(|_| "cc".to_owned()))
            .args(["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-I"])
            .arg(root.join("include"))
            .arg(root.join("examples/c").join(name).with_extension("c"))
            .arg("-o")
            .arg(&kiosk)
            .arg(&soname)
            .arg(format!("-Wl,-rpath,{}", folder.display())),
    )?;
    Ok(kiosk)
}

//! The system packages that building, testing and the demo need; installs those that are missing.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::shell;

/// How to see whether a package is there.
enum Sign {
    /// One of these programs is on the path (or where only root's path leads).
    Program(&'static [&'static str]),
    /// pkg-config knows the library.
    Library(&'static str),
    /// Python can import the module.
    PythonModule(&'static str),
    /// This is there.
    File(&'static str),
}

/// One Debian package.
pub struct Package {
    name: &'static str,
    sign: Sign,
}

const fn program(name: &'static str, programs: &'static [&'static str]) -> Package {
    Package { name, sign: Sign::Program(programs) }
}

/// To build: a C compiler, cmake for libopus, ALSA's headers for the audio devices.
pub const BUILD: &[Package] = &[
    program("gcc", &["cc", "gcc"]),
    program("libc6-dev", &["cc", "gcc"]),
    program("make", &["make"]),
    program("cmake", &["cmake"]),
    program("pkg-config", &["pkg-config", "pkgconf"]),
    Package { name: "libasound2-dev", sign: Sign::Library("alsa") },
];

/// To test, besides: the other compilers, a sound server without a sound card, the foreign SDKs' languages.
pub const TEST: &[Package] = &[
    program("g++", &["c++", "g++"]),
    program("clang", &["clang"]),
    program("valgrind", &["valgrind"]),
    program("pulseaudio", &["pulseaudio"]),
    program("pulseaudio-utils", &["pactl"]),
    program("python3", &["python3"]),
    Package { name: "python3-venv", sign: Sign::PythonModule("ensurepip") },
    program("nodejs", &["node"]),
    program("npm", &["npm"]),
    // The chat SDK runs in browsers only; certutil makes one trust the service's own CA.
    program("chromium", &["chromium"]),
    program("libnss3-tools", &["certutil"]),
    program("iproute2", &["ip"]),
    program("nftables", &["nft"]),
];

/// To compare with others, besides: what they and the measures need, and speech.
pub const COMPARE: &[Package] = &[
    program("nodejs", &["node"]),
    program("npm", &["npm"]),
    program("gcc", &["cc", "gcc"]),
    program("python3", &["python3"]),
    Package { name: "python3-venv", sign: Sign::PythonModule("ensurepip") },
    program("ffmpeg", &["ffmpeg"]),
    Package {
        name: "asterisk-core-sounds-en-g722",
        sign: Sign::File("/usr/share/doc/asterisk-core-sounds-en-g722"),
    },
];

/// To compare on devices.
pub const SOUND: &[Package] =
    &[program("pulseaudio", &["pulseaudio"]), program("pulseaudio-utils", &["pactl"])];

/// To compare with Chromium.
pub const CHROMIUM: &[Package] = &[program("chromium", &["chromium"])];

/// To measure the service beside a peer.
pub const LOAD: &[Package] = &[
    program("prosody", &["prosodyctl"]),
    Package { name: "lua-dbi-sqlite3", sign: Sign::File("/usr/share/doc/lua-dbi-sqlite3") },
];

impl Package {
    fn is_there(&self) -> bool {
        match self.sign {
            Sign::Program(programs) => programs.iter().any(|name| {
                shell::on_path(name)
                    || ["/usr/sbin", "/sbin"].iter().any(|dir| Path::new(dir).join(name).is_file())
            }),
            Sign::Library(name) => succeeds(Command::new("pkg-config").args(["--exists", name])),
            Sign::File(path) => Path::new(path).exists(),
            Sign::PythonModule(name) => {
                succeeds(Command::new("python3").args(["-c", &format!("import {name}")]))
            }
        }
    }
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Makes sure that all packages of the lists are there, by apt when that is allowed; otherwise says what to do.
pub fn ensure(lists: &[&[Package]]) -> Result<()> {
    let missing = |lists: &[&[Package]]| -> Vec<&'static str> {
        lists.iter().flat_map(|list| list.iter()).filter(|p| !p.is_there()).map(|p| p.name).collect()
    };
    let absent = missing(lists);
    if absent.is_empty() {
        return Ok(());
    }
    println!("system packages that are missing: {}", absent.join(" "));
    if !shell::on_path("apt-get") {
        bail!(
            "install these by your system's package manager (the names are Debian's): {}",
            absent.join(" ")
        );
    }
    let Some(sudo) = privilege() else { bail!("{}", by_hand(&absent)) };
    apt(sudo, &["update", "-q"])?;
    let install = [&["install", "-y", "-q", "--no-install-recommends"], absent.as_slice()].concat();
    apt(sudo, &install)?;
    let still = missing(lists);
    if !still.is_empty() {
        bail!("apt-get ran, but these are still not to be found: {}", still.join(" "));
    }
    Ok(())
}

fn by_hand(absent: &[&str]) -> String {
    format!(
        "this user may not install packages. Run this, then the command again:\n    \
         sudo apt-get update && sudo apt-get install -y --no-install-recommends {}",
        absent.join(" ")
    )
}

/// What goes before apt-get: nothing for root, `sudo -n` where no password is asked; `None` when neither holds.
fn privilege() -> Option<&'static [&'static str]> {
    if nix::unistd::geteuid().is_root() {
        return Some(&[]);
    }
    succeeds(Command::new("sudo").args(["-n", "true"])).then_some(&["sudo", "-n"])
}

fn apt(before: &[&str], arguments: &[&str]) -> Result<()> {
    let line = [before, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"], arguments].concat();
    shell::run(Command::new(line[0]).args(&line[1..]).stdin(Stdio::null()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_what_is_there_and_what_is_not() {
        assert!(program("coreutils", &["no-such-program", "ls"]).is_there());
        assert!(!program("nothing", &["no-such-program"]).is_there());
        assert!(!Package { name: "nothing", sign: Sign::Library("no-such-library") }.is_there());
        assert!(!Package { name: "nothing", sign: Sign::PythonModule("no_such_module") }.is_there());
    }

    #[test]
    fn the_command_to_run_by_hand_is_whole() {
        let text = by_hand(&["cmake", "libasound2-dev"]);
        assert!(text.ends_with(
            "sudo apt-get update && sudo apt-get install -y --no-install-recommends cmake libasound2-dev"
        ));
    }
}

//! `cargo xtask install`: a C program in a folder of its own, which knows nothing of this repository, is built
//! against the installed files, with pkg-config and with CMake, shared and static.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod c_support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use c_support::{has, library, root, run_well, succeed};

const LIMIT: Duration = Duration::from_secs(60);

/// A foreign program, which says whom it has met.
const PROGRAM: &str = r#"
#include <liaison.h>
#include <stdio.h>

int main(void)
{
    liaison_engine_config config;
    if (liaison_abi() != LIAISON_ABI || liaison_engine_config_init(&config, sizeof config) != LIAISON_OK)
        return 1;
    printf("liaison %.*s\n", (int)liaison_version().length, liaison_version().data);
    return 0;
}
"#;

const CMAKE: &str = r"
cmake_minimum_required(VERSION 3.16)
project(foreign C)
find_package(liaison 0.1 REQUIRED)
add_executable(shared main.c)
target_link_libraries(shared PRIVATE liaison::liaison)
add_executable(static main.c)
target_link_libraries(static PRIVATE liaison::static)
";

/// Installs what this test was built with; then moves it, since a prefix may be moved.
fn installed(folder: &Path) -> PathBuf {
    let first = folder.join("first");
    succeed(
        Command::new(env!("CARGO"))
            .current_dir(root())
            .args(["run", "--quiet", "--locked", "-p", "xtask", "--", "install", "--prefix"])
            .arg(&first)
            .arg("--built")
            .arg(library().parent().unwrap()),
    );
    let prefix = folder.join("somewhere else");
    std::fs::rename(first, &prefix).unwrap();
    prefix
}

fn says_its_version(program: &mut Command) {
    let expected = format!("liaison {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(run_well(program, LIMIT).stdout, expected);
}

/// The words of a shell command's output.
fn words(command: &mut Command) -> Vec<String> {
    let output = String::from_utf8(succeed(command).stdout).unwrap();
    // pkg-config escapes spaces with backslashes.
    output.trim().replace("\\ ", "\u{1}").split_whitespace().map(|word| word.replace('\u{1}', " ")).collect()
}

#[test]
fn a_foreign_program_builds_against_the_installed_files() {
    assert!(
        has("pkg-config") && has("cmake"),
        "pkg-config and cmake are needed: apt install pkg-config cmake"
    );
    let folder = tempfile::tempdir().unwrap();
    let prefix = installed(folder.path());
    for file in [
        "include/liaison.h",
        "lib/libliaison.so",
        "lib/libliaison.so.1",
        "lib/libliaison.a",
        "lib/pkgconfig/liaison.pc",
        "share/doc/liaison/LICENSE-MIT",
        "share/doc/liaison/LICENSE-APACHE",
    ] {
        assert!(prefix.join(file).is_file(), "{file} is not installed");
    }
    let notices = std::fs::read_to_string(prefix.join("share/doc/liaison/THIRD-PARTY.txt")).unwrap();
    for package in ["webrtc ", "opus ", "tokio ", "ring ", "Permission is hereby granted"] {
        assert!(notices.contains(package), "THIRD-PARTY.txt does not speak of {package}");
    }

    let project = folder.path().join("project");
    std::fs::create_dir(&project).unwrap();
    std::fs::write(project.join("main.c"), PROGRAM).unwrap();
    std::fs::write(project.join("CMakeLists.txt"), CMAKE).unwrap();
    let lib = prefix.join("lib");

    let pkg_config = |flags: &[&str]| {
        words(
            Command::new("pkg-config")
                .env("PKG_CONFIG_PATH", lib.join("pkgconfig"))
                .args(flags)
                .arg("liaison"),
        )
    };
    assert_eq!(pkg_config(&["--modversion"]), [env!("CARGO_PKG_VERSION")]);
    succeed(
        Command::new("gcc")
            .current_dir(&project)
            .args(["-std=c99", "main.c", "-o", "by-pkg-config"])
            .args(pkg_config(&["--cflags", "--libs"])),
    );
    says_its_version(Command::new(project.join("by-pkg-config")).env("LD_LIBRARY_PATH", &lib));

    succeed(
        Command::new("gcc")
            .current_dir(&project)
            .args(["-std=c99", "main.c", "-o", "by-pkg-config-static"])
            .args(pkg_config(&["--cflags"]))
            .arg(lib.join("libliaison.a"))
            .args(pkg_config(&["--static", "--libs-only-l"]).iter().filter(|flag| *flag != "-lliaison")),
    );
    says_its_version(&mut Command::new(project.join("by-pkg-config-static")));

    succeed(
        Command::new("cmake")
            .current_dir(&project)
            .args(["-S", ".", "-B", "build"])
            .arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display())),
    );
    succeed(Command::new("cmake").current_dir(&project).args(["--build", "build"]));
    says_its_version(&mut Command::new(project.join("build/shared")));
    says_its_version(&mut Command::new(project.join("build/static")));
}

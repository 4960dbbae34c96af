//! Compiles the C programs of `tests/c` and `examples/c` as a foreign project would, and runs them.
#![allow(dead_code, reason = "each test program uses its own part")]

pub mod answerer;
pub mod service;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The workspace's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The shared library that cargo built for this test, in its folder.
pub fn library() -> PathBuf {
    let folder = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    for folder in [folder.clone(), folder.parent().unwrap().to_owned()] {
        let path = folder.join("libliaison.so");
        if path.exists() {
            return path;
        }
    }
    panic!("libliaison.so is not beside {}", folder.display());
}

/// Whether a program can be run at all.
pub fn has(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// The strictness every C source of the project is held to.
pub const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-pedantic", "-Werror"];

/// How one C program is built.
pub struct Program<'a> {
    pub source: &'a Path,
    pub compiler: &'a str,
    pub standard: &'a str,
    pub flags: &'a [&'a str],
}

impl<'a> Program<'a> {
    /// C11, gcc, no more than the strictness.
    pub fn new(source: &'a Path) -> Self {
        Self { source, compiler: "gcc", standard: "c11", flags: &[] }
    }

    /// Compiles and links it against the shared library; the program is put into `folder`.
    pub fn build(&self, folder: &Path) -> PathBuf {
        let soname = folder.join("libliaison.so.1");
        if !soname.exists() {
            std::os::unix::fs::symlink(library(), &soname).unwrap();
        }
        let program = folder.join(self.source.file_stem().unwrap());
        let mut command = Command::new(self.compiler);
        command
            .arg(format!("-std={}", self.standard))
            .args(STRICT)
            .args(["-g", "-O1"])
            .args(self.flags)
            .arg("-I")
            .arg(root().join("include"))
            .arg("-I")
            .arg(root().join("tests/c"))
            .arg(self.source)
            .arg("-o")
            .arg(&program)
            .arg(&soname)
            .args(["-pthread", "-lm"])
            .arg(format!("-Wl,-rpath,{}", folder.display()));
        succeed(&mut command);
        program
    }
}

/// Runs a command that must succeed.
pub fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}\n{}\nstdout:\n{}\nstderr:\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// What a program printed, and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a program to its end, or kills it after `limit` and fails.
pub fn run(command: &mut Command, limit: Duration) -> Ran {
    let shown = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{shown}: {error}"));
    let streams = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let stdout = std::thread::spawn(move || std::io::read_to_string(streams.0).unwrap_or_default());
    let stderr = std::thread::spawn(move || std::io::read_to_string(streams.1).unwrap_or_default());
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if begun.elapsed() > limit {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let (stdout, stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
    let Some(status) = status else {
        panic!("{shown} did not end within {limit:?}\nstdout:\n{stdout}\nstderr:\n{stderr}");
    };
    Ran { code: status.code(), stdout, stderr }
}

/// Runs a program that must end well.
pub fn run_well(command: &mut Command, limit: Duration) -> Ran {
    let shown = format!("{command:?}");
    let ran = run(command, limit);
    assert_eq!(ran.code, Some(0), "{shown}\nstdout:\n{}\nstderr:\n{}", ran.stdout, ran.stderr);
    ran
}

/// gcc's address and undefined-behaviour sanitizers, both fatal.
pub const SANITIZE: [&str; 3] =
    ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];

/// The complete program in the opening page of the header, without the comment's stars.
pub fn opening_program() -> String {
    let header = std::fs::read_to_string(root().join("include/liaison.h")).unwrap();
    let (_, rest) = header.split_once(" * //// first_call.c\n").unwrap();
    let (program, _) = rest.split_once(" * //// end\n").unwrap();
    program.lines().map(|line| line.strip_prefix(" *").unwrap().strip_prefix(' ').unwrap_or("")).fold(
        String::new(),
        |mut text, line| {
            text.push_str(line);
            text.push('\n');
            text
        },
    )
}

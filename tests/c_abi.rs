//! The C interface as a C programmer meets it: the header, the library's symbols, and everything that can be done
//! wrong. Calls between two ends are in `c_calls.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod c_support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use c_support::{Program, STRICT, has, library, root, run, run_well, succeed};
use liaison_header::Declarations;

const LIMIT: Duration = Duration::from_secs(120);

fn committed(name: &str) -> String {
    std::fs::read_to_string(root().join("include").join(name)).unwrap()
}

fn source(name: &str) -> std::path::PathBuf {
    root().join("tests/c").join(name)
}

fn ca() -> std::path::PathBuf {
    root().join("crates/ffi/testdata/ca.pem")
}

#[test]
fn the_committed_header_is_what_the_source_gives() {
    let generated = liaison_header::header(root()).unwrap();
    assert!(
        generated == committed("liaison.h"),
        "include/liaison.h is old: run `cargo xtask header` and commit it"
    );
}

#[test]
#[cfg(target_pointer_width = "64")]
fn the_committed_layouts_are_those_of_the_header() {
    let measured = liaison_header::abi(&committed("liaison.h")).unwrap();
    assert!(
        measured == committed("liaison.abi"),
        "include/liaison.abi is old: run `cargo xtask header`, and see that lines were only added"
    );
}

#[test]
fn the_library_exports_the_headers_functions_and_nothing_else() {
    let library = library();
    let output = succeed(Command::new("nm").args(["-D", "--defined-only", "--format=posix"]).arg(&library));
    let exported: BTreeSet<String> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| line.split(' ').next().map(str::to_owned))
        .collect();
    let declared: BTreeSet<String> = Declarations::parse(&committed("liaison.h"))
        .unwrap()
        .functions
        .into_iter()
        .map(|function| function.name)
        .collect();
    assert_eq!(exported, declared);
}

#[test]
fn the_library_has_a_name_with_its_abi_number() {
    let output = succeed(Command::new("readelf").arg("-d").arg(library()));
    let text = String::from_utf8(output.stdout).unwrap();
    let expected = format!("soname: [libliaison.so.{}]", liaison::version::LIAISON_ABI);
    assert!(text.contains(&expected), "{expected} is not in\n{text}");
}

#[test]
fn every_functions_comment_is_complete() {
    for function in Declarations::parse(&committed("liaison.h")).unwrap().functions {
        let name = &function.name;
        for part in ["Returns: ", "Threads: ", "Memory: ", "Since: "] {
            assert!(function.comment.contains(part), "{name} does not say its {part}");
        }
        let (_, parameters) = function.prototype.split_once('(').unwrap();
        for parameter in parameters.trim_end_matches(')').split(',').filter(|one| *one != "void") {
            let parameter = parameter.rsplit([' ', '*']).next().unwrap();
            let line = format!("* - {parameter}: ");
            assert!(function.comment.contains(&line), "{name} does not describe {parameter}");
        }
        if function.prototype.starts_with("int32_t") && name != "liaison_abi" {
            assert!(function.comment.contains("LIAISON_OK"), "{name} does not list its statuses");
        }
    }
}

#[test]
fn the_header_has_no_words_for_rust_programmers() {
    let header = committed("liaison.h");
    for word in ["# Safety", "[`", "`]", "Option<", "&str", "Arc<", "Box<", "panic!", "unsafe"] {
        assert!(!header.contains(word), "liaison.h says {word}");
    }
    for (number, line) in header.lines().enumerate() {
        assert!(line.len() <= 122, "liaison.h:{} is {} bytes long", number + 1, line.len());
    }
}

/// The header alone, in every standard, with both compilers; and the C sources of the project too.
#[test]
fn the_header_compiles_as_c_and_as_cpp_in_every_standard() {
    let compilers: Vec<&str> = ["gcc", "clang"].into_iter().filter(|compiler| has(compiler)).collect();
    assert!(compilers.contains(&"gcc"), "gcc is needed: apt install gcc g++");
    let include = root().join("include");
    let check = |compiler: &str, language: &str, standard: &str, source: &Path| {
        succeed(
            Command::new(compiler)
                .args(["-x", language, &format!("-std={standard}"), "-fsyntax-only"])
                .args(STRICT)
                .arg("-I")
                .arg(&include)
                .arg(source),
        );
    };
    for compiler in compilers {
        for standard in ["c99", "c11", "c17"] {
            check(compiler, "c", standard, &source("header_alone.c"));
            for example in ["kiosk.c", "kiosk_chat.c"] {
                check(compiler, "c", standard, &root().join("examples/c").join(example));
            }
        }
        for standard in ["c++11", "c++17", "c++20"] {
            check(compiler, "c++", standard, &source("header_alone.c"));
        }
    }
}

#[test]
fn the_program_in_the_headers_opening_page_compiles() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("first_call.c");
    std::fs::write(&path, c_support::opening_program()).unwrap();
    for standard in ["c99", "c11", "c17"] {
        Program { standard, ..Program::new(&path) }.build(folder.path());
    }
}

#[test]
fn the_kiosks_are_short() {
    for example in ["kiosk.c", "kiosk_chat.c"] {
        let kiosk = std::fs::read_to_string(root().join("examples/c").join(example)).unwrap();
        assert!(kiosk.lines().count() < 200, "{example}: {} lines", kiosk.lines().count());
    }
}

#[test]
fn misuse_gives_a_status() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::new(&source("misuse.c")).build(folder.path());
    run_well(Command::new(program).arg(ca()), LIMIT);
}

#[test]
fn a_call_from_inside_a_hook_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::new(&source("hooks.c")).build(folder.path());
    run_well(Command::new(program).arg(ca()), LIMIT);
}

#[test]
fn every_function_may_be_called_from_any_thread() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::new(&source("threads.c")).build(folder.path());
    run_well(Command::new(program).arg(ca()), LIMIT);
}

#[test]
fn the_misuse_programs_run_clean_under_address_and_undefined_behaviour_sanitizers() {
    let folder = tempfile::tempdir().unwrap();
    let flags = &c_support::SANITIZE[..];
    let build = |name: &str| Program { flags, ..Program::new(&source(name)) }.build(folder.path());
    let stopped = run(Command::new(build("sanitizers_are_on.c")).arg("8"), LIMIT);
    assert_ne!(stopped.code, Some(0), "the address sanitizer is not on");
    assert!(stopped.stderr.contains("heap-buffer-overflow"), "{}", stopped.stderr);
    for name in ["misuse.c", "hooks.c", "threads.c"] {
        run_well(Command::new(build(name)).arg(ca()), LIMIT);
    }
}

#[test]
fn misuse_runs_clean_under_valgrind() {
    if !has("valgrind") {
        eprintln!("skipped: valgrind is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let program = Program::new(&source("misuse.c")).build(folder.path());
    run_well(
        Command::new("valgrind")
            .args(["--quiet", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite"])
            .arg(program)
            .arg(ca()),
        LIMIT,
    );
}

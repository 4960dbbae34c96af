//! Measures sizes, offsets and values with the C compiler.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Declarations, HeaderError};

const PREAMBLE: &str = "\
# The binary interface of liaison.h, measured on a 64-bit machine. Made by `cargo xtask header`; a test compares.
# Within one LIAISON_ABI lines may only be added, and sizes of growing structs may only grow.
";

/// The interface as text: first the functions, then what a compiled program that asks the compiler prints.
pub(crate) fn measure(header: &str, declarations: &Declarations) -> Result<String, HeaderError> {
    let mut text = String::from(PREAMBLE);
    for function in &declarations.functions {
        let _ = writeln!(text, "function {}", function.prototype);
    }
    text.push_str(&run(header, &program(declarations))?);
    Ok(text)
}

fn program(declarations: &Declarations) -> String {
    let mut program = String::from("#include \"liaison.h\"\n#include <stdio.h>\nint main(void) {\n");
    for name in &declarations.constants {
        let _ = writeln!(program, "printf(\"value {name} %lld\\n\", (long long)({name}));");
    }
    for (name, fields) in &declarations.records {
        let _ = writeln!(program, "printf(\"size {name} %zu\\n\", sizeof({name}));");
        for field in fields {
            let _ = writeln!(
                program,
                "printf(\"offset {name}.{field} %zu size %zu\\n\", offsetof({name}, {field}), sizeof((({name} *)0)->{field}));"
            );
        }
    }
    program.push_str("return 0;\n}\n");
    program
}

/// A folder that goes when this does.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> std::io::Result<Self> {
        let nanos = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |t| t.subsec_nanos());
        let path = std::env::temp_dir().join(format!("liaison-abi-{}-{nanos}", std::process::id()));
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn run(header: &str, program: &str) -> Result<String, HeaderError> {
    let failed = |error: std::io::Error| HeaderError::Compiler(error.to_string());
    let scratch = Scratch::new().map_err(failed)?;
    let Scratch(folder) = &scratch;
    std::fs::write(folder.join("liaison.h"), header).map_err(failed)?;
    std::fs::write(folder.join("abi.c"), program).map_err(failed)?;
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    output(Command::new(compiler).args(["-std=c99", "abi.c", "-o", "abi"]).current_dir(folder))?;
    output(&mut Command::new(Path::new(folder).join("abi")))
}

fn output(command: &mut Command) -> Result<String, HeaderError> {
    let output = command.output().map_err(|error| HeaderError::Compiler(error.to_string()))?;
    if !output.status.success() {
        return Err(HeaderError::Compiler(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

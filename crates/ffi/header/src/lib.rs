//! Makes `include/liaison.h` and `include/liaison.abi` from the source of `crates/ffi`.
//!
//! `cargo xtask header` calls [`write()`]; the tests call [`header`] and [`abi`] and compare with what is committed.
#![forbid(unsafe_code)]

mod c;
mod layout;
mod page;

use std::path::{Path, PathBuf};

pub use c::{Declarations, Function};

/// Why the header could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// A file of the project cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The configuration or the source cannot be read by cbindgen.
    #[error("cbindgen: {0}")]
    Cbindgen(String),
    /// The project's files are not in the form this program expects.
    #[error("{0}")]
    Form(String),
    /// The C compiler that measures the layouts cannot be run, or refuses.
    #[error("the C compiler: {0} (install gcc, or set CC)")]
    Compiler(String),
}

/// The header's text, made from `root`/crates/ffi. `root` is the workspace's folder.
///
/// # Errors
/// Source that cbindgen cannot read; files that are missing.
pub fn header(root: &Path) -> Result<String, HeaderError> {
    let ffi = root.join("crates/ffi");
    let mut config = cbindgen::Config::from_file(ffi.join("cbindgen.toml")).map_err(HeaderError::Cbindgen)?;
    config.header = Some(page::opening(root)?);
    config.after_includes = Some(page::version_macros(root)?);
    let mut text = Vec::new();
    cbindgen::Builder::new()
        .with_config(config)
        .with_src(ffi.join("src/lib.rs"))
        .generate()
        .map_err(|error| HeaderError::Cbindgen(error.to_string()))?
        .write(&mut text);
    let text = String::from_utf8(text).map_err(|error| HeaderError::Form(error.to_string()))?;
    Ok(page::without_safety_sections(&text))
}

/// The interface that `header` declares, as text that shows every change of it: functions, sizes, offsets, values.
/// Layouts are measured with the C compiler (`CC`, or else `cc`) for the machine this runs on.
///
/// # Errors
/// A header in an unexpected form; no C compiler.
pub fn abi(header: &str) -> Result<String, HeaderError> {
    layout::measure(header, &Declarations::parse(header)?)
}

/// Writes `include/liaison.h` and `include/liaison.abi` and says which of them changed.
///
/// # Errors
/// As [`header`] and [`abi`].
pub fn write(root: &Path) -> Result<Vec<PathBuf>, HeaderError> {
    let header = header(root)?;
    let abi = abi(&header)?;
    let mut changed = Vec::new();
    for (name, text) in [("include/liaison.h", header), ("include/liaison.abi", abi)] {
        let path = root.join(name);
        if std::fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        std::fs::write(&path, text).map_err(|source| HeaderError::File { path: path.clone(), source })?;
        changed.push(path);
    }
    Ok(changed)
}

fn read(path: PathBuf) -> Result<String, HeaderError> {
    std::fs::read_to_string(&path).map_err(|source| HeaderError::File { path, source })
}

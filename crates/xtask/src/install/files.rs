//! The installed files: putting them there, and the text of those that are written.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Version;

/// What Rust's standard library and ALSA's client need of a program that links the static library.
const STATIC_NEEDS: [&str; 6] = ["asound", "m", "pthread", "dl", "rt", "gcc_s"];

/// A prefix, and what was put there.
#[derive(Debug)]
pub struct Installed<'a> {
    prefix: &'a Path,
    paths: Vec<PathBuf>,
}

impl<'a> Installed<'a> {
    /// Nothing yet.
    pub fn new(prefix: &'a Path) -> Self {
        Self { prefix, paths: Vec::new() }
    }

    /// Everything, in the order it was put there.
    pub fn into_paths(self) -> Vec<PathBuf> {
        self.paths
    }

    /// A path under the prefix, its folder made, nothing there: a running program keeps the old file.
    fn place(&mut self, to: &str) -> Result<PathBuf> {
        let path = self.prefix.join(to);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot replace {}", path.display()));
            }
            _ => {}
        }
        self.paths.push(path.clone());
        Ok(path)
    }

    /// Copies a file, with its mode.
    pub fn copy(&mut self, from: &Path, to: &str) -> Result<PathBuf> {
        let path = self.place(to)?;
        std::fs::copy(from, &path)
            .with_context(|| format!("cannot copy {} to {}", from.display(), path.display()))?;
        Ok(path)
    }

    /// Writes a file.
    pub fn write(&mut self, to: &str, text: &str) -> Result<()> {
        let path = self.place(to)?;
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Makes a symbolic link to a file of the same folder.
    pub fn link(&mut self, target: &str, to: &str) -> Result<()> {
        let path = self.place(to)?;
        #[cfg(unix)]
        std::os::unix::fs::symlink(target, &path)
            .with_context(|| format!("cannot make {}", path.display()))?;
        Ok(())
    }
}

/// `liaison.pc`.
pub fn pkg_config(version: &Version) -> String {
    let needs: Vec<String> = STATIC_NEEDS.iter().map(|library| format!("-l{library}")).collect();
    format!(
        "prefix=${{pcfiledir}}/../..\n\
         includedir=${{prefix}}/include\n\
         libdir=${{prefix}}/lib\n\
         \n\
         Name: liaison\n\
         Description: Calls between an app's own users and the people of an organisation\n\
         Version: {}\n\
         Cflags: -I${{includedir}}\n\
         Libs: -L${{libdir}} -lliaison\n\
         Libs.private: {}\n",
        version.version,
        needs.join(" ")
    )
}

/// `liaison-config.cmake`: the targets `liaison::liaison` (shared) and `liaison::static`.
pub fn cmake_config(version: &Version) -> String {
    format!(
        "# find_package(liaison) gives liaison::liaison, the shared library, and liaison::static.\n\
         get_filename_component(_liaison_prefix \"${{CMAKE_CURRENT_LIST_DIR}}/../../..\" ABSOLUTE)\n\
         if(NOT TARGET liaison::liaison)\n\
         \x20 add_library(liaison::liaison SHARED IMPORTED)\n\
         \x20 set_target_properties(liaison::liaison PROPERTIES\n\
         \x20   IMPORTED_LOCATION \"${{_liaison_prefix}}/lib/libliaison.so.{abi}\"\n\
         \x20   IMPORTED_SONAME \"libliaison.so.{abi}\"\n\
         \x20   INTERFACE_INCLUDE_DIRECTORIES \"${{_liaison_prefix}}/include\")\n\
         \x20 add_library(liaison::static STATIC IMPORTED)\n\
         \x20 set_target_properties(liaison::static PROPERTIES\n\
         \x20   IMPORTED_LOCATION \"${{_liaison_prefix}}/lib/libliaison.a\"\n\
         \x20   INTERFACE_INCLUDE_DIRECTORIES \"${{_liaison_prefix}}/include\"\n\
         \x20   INTERFACE_LINK_LIBRARIES \"{needs}\")\n\
         endif()\n\
         unset(_liaison_prefix)\n",
        abi = version.abi,
        needs = STATIC_NEEDS.join(";")
    )
}

/// `liaison-config-version.cmake`: any version that is not older than the one asked for.
pub fn cmake_version(version: &Version) -> String {
    format!(
        "set(PACKAGE_VERSION \"{version}\")\n\
         if(PACKAGE_FIND_VERSION VERSION_GREATER PACKAGE_VERSION)\n\
         \x20 set(PACKAGE_VERSION_COMPATIBLE FALSE)\n\
         else()\n\
         \x20 set(PACKAGE_VERSION_COMPATIBLE TRUE)\n\
         \x20 if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)\n\
         \x20   set(PACKAGE_VERSION_EXACT TRUE)\n\
         \x20 endif()\n\
         endif()\n",
        version = version.version
    )
}

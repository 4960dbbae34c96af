//! Gives the shared library the name its users link to: a Rust cdylib has none of its own.

fn main() {
    println!("cargo:rerun-if-changed=src/version.rs");
    let version = std::fs::read_to_string("src/version.rs").unwrap_or_default();
    let abi = version
        .lines()
        .find_map(|line| line.strip_prefix("pub const LIAISON_ABI: u32 = "))
        .and_then(|rest| rest.strip_suffix(';'));
    let Some(abi) = abi else {
        println!("cargo:error=src/version.rs does not define LIAISON_ABI in the expected form");
        return;
    };
    match std::env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux" | "android" | "freebsd") => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libliaison.so.{abi}");
        }
        Ok("macos" | "ios") => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libliaison.{abi}.dylib");
        }
        _ => {}
    }
}

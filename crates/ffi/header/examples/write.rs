//! `cargo run -p liaison-header --example write`: what `cargo xtask header` does, without building xtask.

fn main() -> Result<(), liaison_header::HeaderError> {
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.."));
    for path in liaison_header::write(root)? {
        println!("{} changed", path.display());
    }
    Ok(())
}

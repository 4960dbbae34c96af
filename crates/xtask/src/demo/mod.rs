//! `cargo xtask demo`: one real call, from a kiosk written in C to a staff member, measured; then a chat of the two.
//!
//! Four processes for the call: the service, the staff member (`liaison answer`), the kiosk (`examples/c/kiosk.c` on the built
//! library), and this one, which holds the relay that all media passes through. The demo measures from outside:
//! delay, likeness and gaps come from the recordings, packets from the relay, processor and memory from the kernel.

mod build;
mod call;
mod chat;
mod clock;
mod end;
mod refused;
mod service;
mod socket;
mod verdict;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::{child, place, prerequisites};

/// How to run it.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Use the program and the library that are already built in this folder, instead of building them in release.
    #[arg(long, value_name = "DIR")]
    built: Option<PathBuf>,
    /// Where the recordings and the report go.
    #[arg(long, value_name = "DIR", default_value_os_t = place::root().join("out/demo"))]
    out: PathBuf,
}

impl Options {
    /// The same call on what is already built.
    pub fn with_built(folder: PathBuf) -> Self {
        Self { built: Some(folder), out: place::root().join("out/demo") }
    }
}

/// Builds, calls, measures, and writes the report. An error when the call was not as it has to be.
pub fn run(options: &Options) -> Result<()> {
    prerequisites::ensure(&[prerequisites::BUILD])?;
    std::fs::create_dir_all(&options.out)
        .with_context(|| format!("cannot make {}", options.out.display()))?;
    let programs = match &options.built {
        Some(folder) => build::found(folder)?,
        None => build::build()?,
    };

    let begun = Instant::now();
    // Keys and tokens: gone when the demo ends, however it ends.
    let scratch =
        tempfile::Builder::new().prefix("liaison-demo-").tempdir().context("cannot make a folder")?;
    child::end_with_us(scratch.path());
    let service = service::Service::start(&programs, scratch.path())?;
    let world = service.furnish(scratch.path())?;
    let call = call::run(&programs, &service, &world, &options.out)?;
    let chat = chat::run(&programs, &service, &world)?;
    let refused = refused::run(&programs, &service, &world, scratch.path())?;
    let report = verdict::judge(&programs, call, chat, refused)?;
    service.stop()?;

    let path = options.out.join("report.html");
    report.write(&path)?;
    verdict::print(&report);
    println!("\nheard:  {}", options.out.join("heard-by-kiosk.wav").display());
    println!("        {}", options.out.join("heard-by-staff.wav").display());
    println!("packets: {}", options.out.join("call.pcap").display());
    println!("report: {}", path.display());
    println!("took {:.0} s after the build", begun.elapsed().as_secs_f64());
    if !report.all_met() {
        bail!("it was not as it has to be; see the lines marked ✗ above");
    }
    Ok(())
}

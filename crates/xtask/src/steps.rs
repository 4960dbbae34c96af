//! Shows what is being done, and in the end how long each step took.

use std::io::IsTerminal;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::count::{Count, plain};
use crate::shell;

/// How one step went.
#[derive(Debug)]
struct Done {
    name: String,
    time: Duration,
    error: Option<String>,
}

/// The steps of one command.
#[derive(Debug)]
pub struct Steps {
    begun: Instant,
    done: Vec<Done>,
    tests: Count,
}

impl Steps {
    /// No step yet.
    pub fn new() -> Self {
        Self { begun: Instant::now(), done: Vec::new(), tests: Count::default() }
    }

    /// Does one step; a failure is kept for the summary, and the next steps still run.
    pub fn step(&mut self, name: &str, work: impl FnOnce(&mut Count) -> Result<()>) {
        println!("\n== {name}");
        let begun = Instant::now();
        let error = work(&mut self.tests).err().map(|error| format!("{error:#}"));
        if let Some(error) = &error {
            println!("== {name}: {error}");
        }
        self.done.push(Done { name: name.to_owned(), time: begun.elapsed(), error });
    }

    /// Prints the table of steps and the line that counts; an error when anything failed.
    pub fn finish(self) -> Result<()> {
        println!("\n== summary");
        for done in &self.done {
            let mark = if done.error.is_some() { "FAILED" } else { "ok" };
            println!("{mark:>8}  {:>6.1} s  {}", done.time.as_secs_f64(), done.name);
        }
        println!("{:>8}  {:>6.1} s  in all", "", self.begun.elapsed().as_secs_f64());
        let failed_steps: Vec<&str> =
            self.done.iter().filter(|done| done.error.is_some()).map(|done| done.name.as_str()).collect();
        // A step that failed without a failed test (a warning, a missing package) still counts as one failure.
        let failed = if failed_steps.is_empty() { self.tests.failed } else { self.tests.failed.max(1) };
        let skipped = match self.tests.skipped {
            0 => String::new(),
            skipped => format!(", {skipped} skipped"),
        };
        println!("{} passed, {failed} failed{skipped}", self.tests.passed);
        if failed > 0 {
            bail!("failed: {}", failed_steps.join(", "));
        }
        Ok(())
    }
}

/// Runs a test runner: all its lines are shown, and those that close a run are counted.
pub fn count_tests(command: &mut Command, count: &mut Count) -> Result<()> {
    let status = shell::lines(command, |line| {
        println!("{line}");
        count.read(&plain(line));
    })?;
    if !status.success() {
        bail!("`{}` failed ({status})", shell::show(command));
    }
    Ok(())
}

/// Runs a long build: on a terminal one moving line, elsewhere a line now and then; all of it when it fails.
pub fn quiet_build(title: &str, command: &mut Command) -> Result<()> {
    let begun = Instant::now();
    let bar =
        if std::io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} [{elapsed}] {wide_msg}") {
        bar.set_style(style);
    }
    bar.set_prefix(title.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    let mut all = Vec::new();
    let mut said = Instant::now();
    let status = shell::lines(command, |line| {
        let line = plain(line);
        bar.set_message(line.trim().to_owned());
        if bar.is_hidden() && said.elapsed() > Duration::from_secs(15) {
            said = Instant::now();
            println!("   {title} [{:>3.0} s] {}", begun.elapsed().as_secs_f64(), line.trim());
        }
        all.push(line);
    });
    bar.finish_and_clear();
    let status = status?;
    if !status.success() {
        all.iter().for_each(|line| eprintln!("{line}"));
        bail!("`{}` failed ({status})", shell::show(command));
    }
    println!("   {title}: {:.0} s", begun.elapsed().as_secs_f64());
    Ok(())
}

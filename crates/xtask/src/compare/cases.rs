//! The networks on which systems are compared.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use liaison_sim::{Impairment, Trace};

use crate::place;

/// One network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case {
    pub name: &'static str,
    pub title: &'static str,
    /// A file of crates/media/tests/data/traces, without its ending.
    trace: Option<&'static str>,
    jitter_ms: u32,
    delay_ms: u32,
    loss_pct: u32,
}

const fn traced(name: &'static str, title: &'static str) -> Case {
    Case { name, title, trace: Some(name), jitter_ms: 0, delay_ms: 0, loss_pct: 0 }
}

const fn shaky(name: &'static str, title: &'static str, jitter_ms: u32, loss_pct: u32) -> Case {
    Case { name, title, trace: None, jitter_ms, delay_ms: 20, loss_pct }
}

/// All of them.
pub const CASES: [Case; 8] = [
    Case { name: "clean", title: "clean", trace: None, jitter_ms: 0, delay_ms: 0, loss_pct: 0 },
    shaky("jitter20", "σ 20 ms", 20, 0),
    shaky("jitter30-loss5", "σ 30 ms, 5 % loss", 30, 5),
    traced("wifi", "Wi-Fi"),
    traced("lte", "LTE"),
    traced("lossgen-5", "lossgen 5 %"),
    traced("lossgen-10", "lossgen 10 %"),
    traced("lossgen-20", "lossgen 20 %"),
];

/// The cases with these names.
pub fn named(names: &[String]) -> Result<Vec<Case>> {
    let known = || CASES.map(|case| case.name).join(", ");
    names
        .iter()
        .map(|name| match CASES.iter().find(|case| case.name == name) {
            Some(case) => Ok(*case),
            None => bail!("there is no case {name:?}; there are: {}", known()),
        })
        .collect()
}

impl Case {
    /// The file of its trace.
    pub fn trace_path(&self) -> Option<PathBuf> {
        let folder = place::root().join("crates/media/tests/data/traces");
        self.trace.map(|name| folder.join(format!("{name}.txt")))
    }

    /// What a relay does with the packets of one direction. They keep their order.
    pub fn impairment(&self) -> Result<Impairment> {
        let trace = self.trace_path().map(|path| -> Result<Trace> {
            let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            Trace::parse(&text).with_context(|| path.display().to_string())
        });
        Ok(Impairment {
            delay: Duration::from_millis(self.delay_ms.into()),
            jitter: Duration::from_millis(self.jitter_ms.into()),
            loss: f64::from(self.loss_pct) / 100.0,
            trace: trace.transpose()?,
            ..Impairment::none()
        })
    }

    /// The same for `liaison doctor loopback`.
    pub fn doctor_arguments(&self, seed: u64) -> Vec<String> {
        let (delay, jitter, loss) = (self.delay_ms, self.jitter_ms, self.loss_pct);
        let mut arguments =
            vec!["--impair".to_owned(), format!("delay={delay},jitter={jitter},loss={loss},seed={seed}")];
        if let Some(path) = self.trace_path() {
            arguments.extend(["--trace".to_owned(), path.display().to_string()]);
        }
        arguments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_has_its_network() {
        for case in CASES {
            let network = case.impairment().unwrap();
            assert_eq!(network.trace.is_some(), case.name.starts_with("lossgen") || case.name.len() <= 4);
        }
        let lost = named(&["lossgen-20".to_owned()]).unwrap()[0].impairment().unwrap().trace.unwrap().loss();
        assert!((0.1..0.3).contains(&lost), "{lost}");
        assert!(named(&["moon".to_owned()]).unwrap_err().to_string().contains("jitter30-loss5"));
        let arguments = CASES[2].doctor_arguments(7);
        assert_eq!(arguments, ["--impair", "delay=20,jitter=30,loss=5,seed=7"]);
    }
}

//! Liaison, by `liaison doctor loopback`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::run::{Figures, Outcome, Task, read_timed, repeated};
use crate::shell;

/// Makes one call with the given program.
pub fn call(task: &Task<'_>, program: &Path, speech_wav: &Path) -> Result<Outcome> {
    let report = task.folder.join("report.json");
    let mut command = Command::new(program);
    command.args(["doctor", "loopback", "--in"]).arg(speech_wav);
    command.arg("--report").arg(&report).arg("--keep").arg(&task.folder);
    command.args(["--seconds", &task.length.as_secs().to_string()]);
    command.args(["--bitrate", &task.bitrate_bps.to_string()]);
    command.args(task.case.doctor_arguments(task.seed));
    if task.like_for_like {
        command.args(["--ptime", "20", "--in-band-only"]);
    }
    if task.processing {
        command.args(["--processing", "on"]);
    }
    shell::output(&mut command)?;
    let report: Value = serde_json::from_str(&std::fs::read_to_string(&report)?)?;
    let file = |name: &str| task.folder.join(name);
    let said = repeated(read_timed(&file("said.pcm"), &file("said.times"))?, task.length);
    let heard = read_timed(&file("heard.pcm"), &file("heard.times"))?;
    Ok(Outcome { said, heard, figures: figures(&report)? })
}

fn figures(report: &Value) -> Result<Figures> {
    let number = |pointer: &str| {
        report
            .pointer(pointer)
            .and_then(Value::as_f64)
            .with_context(|| format!("the report has no {pointer}"))
    };
    if number("/version")? != 1.0 {
        bail!("the report of doctor has another format");
    }
    Ok(Figures {
        concealed_pct: number("/concealed_pct")?,
        dred_pct: Some(number("/dred_pct")?),
        stretched_pct: number("/stretched_pct")?,
        jitter_buffer_ms: number("/jitter_buffer_ms/mean")?,
        wire_bytes_per_s: number("/wire/rtp_bytes_per_s")?,
        packets_per_s: 1e3 / number("/wire/mean_packet_ms")?.max(1e-3),
        cpu_s_per_s: number("/cpu_seconds_per_call_second_with_device")?,
        peak_kib: number("/peak_memory_kib")? as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_report_is_read_whole_or_not_at_all() {
        let mut report = json!({
            "version": 1, "concealed_pct": 1.5, "dred_pct": 0.5, "stretched_pct": 2.0,
            "jitter_buffer_ms": { "mean": 20.0 }, "wire": { "rtp_bytes_per_s": 7000.0, "mean_packet_ms": 20.0 },
            "cpu_seconds_per_call_second_with_device": 0.05, "peak_memory_kib": 18000,
        });
        let read = figures(&report).unwrap();
        assert_eq!((read.concealed_pct, read.dred_pct, read.packets_per_s), (1.5, Some(0.5), 50.0));
        report["wire"] = json!({});
        assert!(figures(&report).unwrap_err().to_string().contains("rtp_bytes_per_s"));
    }
}

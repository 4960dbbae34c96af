//! What a process has used, as Linux tells.

/// The most memory it has held [KiB].
pub fn peak_kib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    field_kib(&status, "VmHWM:")
}

fn field_kib(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_field() {
        assert_eq!(field_kib("Name:\tx\nVmHWM:\t  1234 kB\n", "VmHWM:"), Some(1234));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn knows_itself() {
        let own = std::process::id();
        assert!(peak_kib(own).unwrap() > 100);
    }
}

//! What the program itself has used.

use std::time::Duration;

/// Processor time of all threads since the program began; `None` where the system does not say.
pub fn cpu_time() -> Option<Duration> {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
    }
    #[cfg(not(unix))]
    None
}

/// Processor time of the calling thread; `None` where the system does not say.
pub fn thread_cpu_time() -> Option<Duration> {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
    }
    #[cfg(not(unix))]
    None
}

/// `CLOCK_MONOTONIC` in microseconds: the same clock for every process of the machine. 0 where there is none.
pub fn monotonic_us() -> u64 {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
        seconds * 1_000_000 + u64::try_from(time.tv_nsec / 1_000).unwrap_or_default()
    }
    #[cfg(not(unix))]
    0
}

/// The most memory the program has held at once, in KiB; `None` where the system does not say (Linux does).
pub fn peak_rss_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn linux_says_all_of_it() {
        let before = monotonic_us();
        assert!(cpu_time().unwrap() > Duration::ZERO);
        assert!(peak_rss_kib().unwrap() > 100);
        assert!(before > 0 && monotonic_us() >= before);
    }
}

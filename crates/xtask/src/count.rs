//! Counts tests by reading what the test runners print.

/// How many tests there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
    /// Tests that were not run.
    pub skipped: u64,
}

impl Count {
    /// Reads one line of a runner's output; lines that close no run change nothing.
    pub fn read(&mut self, line: &str) {
        // `test result: ok. 3 passed; 0 failed; 1 ignored; …` (libtest) or
        // `Summary [   1.2s] 30 tests run: 29 passed (1 slow), 1 failed, 2 skipped` (nextest, which also shows,
        // indented, what libtest printed at each try of a test that failed: that test is in the summary).
        let closes = line.starts_with("test result:")
            || (line.trim_start().starts_with("Summary [") && line.contains(" run: "));
        if !closes {
            return;
        }
        let words: Vec<&str> =
            line.split([' ', ',', ';', '(', ')', '.']).filter(|word| !word.is_empty()).collect();
        for pair in words.windows(2) {
            let Ok(number) = pair[0].parse::<u64>() else { continue };
            match pair[1] {
                "passed" => self.passed += number,
                "failed" | "timed" => self.failed += number,
                "ignored" | "skipped" => self.skipped += number,
                _ => {}
            }
        }
    }
}

/// Takes the colours out of a line.
pub fn plain(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\x1b' {
            // ESC [ … letter
            for c in chars.by_ref() {
                if c.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(lines: &[&str]) -> Count {
        let mut count = Count::default();
        lines.iter().for_each(|line| count.read(&plain(line)));
        count
    }

    #[test]
    fn reads_both_runners() {
        let of = |passed, failed, skipped| Count { passed, failed, skipped };
        assert_eq!(
            count(&[
                "test a ... ok",
                "test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out"
            ]),
            of(3, 1, 2)
        );
        assert_eq!(
            count(&[
                "     Summary [   4.711s] 20 tests run: 18 passed (1 slow), 1 failed, 1 timed out, 5 skipped"
            ]),
            of(18, 2, 5)
        );
        assert_eq!(
            count(&[
                "\x1b[32;1m     Summary\x1b[0m [   0.1s] \x1b[1m2\x1b[0m tests run: \x1b[1m2\x1b[0m passed, 0 skipped"
            ]),
            of(2, 0, 0)
        );
    }

    #[test]
    fn a_test_that_failed_once_and_then_passed_has_passed() {
        assert_eq!(
            count(&[
                "  TRY 1 FAIL [   0.898s] (─────────) crate a",
                "    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out",
                "  TRY 2 PASS [   0.898s] (2/2) crate a",
                "     Summary [   4.711s] 2 tests run: 2 passed (1 flaky), 0 skipped",
            ]),
            Count { passed: 2, failed: 0, skipped: 0 }
        );
    }

    #[test]
    fn a_test_name_is_not_a_count() {
        assert_eq!(count(&["PASS [ 0.1s] crate 3 passed", "12 failed"]), Count::default());
    }
}

//! What runs in an audio callback takes no lock even when nobody holds it, logs nothing and wakes nobody: its source is
//! read for words that would. (A lock that is held, and a system call, are caught while it runs: `system_calls.rs`.)

/// Each file, and its functions that run in a callback.
const CALLBACKS: &[(&str, &str, &[&str])] = &[
    (
        "port.rs",
        include_str!("../port.rs"),
        &["push", "push_i16", "feed", "pull", "pull_i16", "drain", "busy", "believable"],
    ),
    ("exclusive.rs", include_str!("../exclusive.rs"), &["enter"]),
    ("source.rs", include_str!("../source.rs"), &["callback", "next"]),
    ("time.rs", include_str!("../time.rs"), &["now_us", "micros", "origin", "samples_us"]),
    ("ring/capture.rs", include_str!("../ring/capture.rs"), &["feed", "anchor"]),
    ("ring/playout.rs", include_str!("../ring/playout.rs"), &["drain"]),
    ("ring/handover.rs", include_str!("../ring/handover.rs"), &["called"]),
    ("ring/clock.rs", include_str!("../ring/clock.rs"), &["publish", "called", "smooth"]),
    ("ring/status.rs", include_str!("../ring/status.rs"), &["called", "glitch"]),
    #[cfg(feature = "cpal")]
    (
        "system/stream.rs",
        include_str!("../system/stream.rs"),
        &["capture_callback", "playout_callback", "believable_us"],
    ),
];

/// Words that lock, wait, wake, log, format or allocate.
const FORBIDDEN: &[&str] = &[
    "lock(",
    "Mutex",
    "RwLock",
    "Condvar",
    ".wait",
    ".recv",
    ".send(",
    "unpark",
    "notify",
    "park",
    "sleep",
    "spawn",
    "println",
    "eprint",
    "dbg!",
    "tracing",
    "format!",
    "to_string",
    "to_owned",
    "panic!",
    "Box::new",
    "Vec::new",
    "vec!",
    ".push_str",
    "String",
    ".collect",
];

/// `try_lock` never waits; a test's own helper is no callback.
fn without_what_is_allowed(body: &str) -> String {
    body.replace("try_lock(", "").replace(".push(", "")
}

/// The bodies of all functions of this name, from the opening brace to the one that closes it.
fn bodies<'source>(source: &'source str, name: &str) -> Vec<&'source str> {
    // What stands in a file's tests is no callback.
    let source = source.split("#[cfg(test)]\nmod tests").next().unwrap_or(source);
    let head = format!("fn {name}");
    let starts =
        source.match_indices(&head).filter(|(at, _)| source[at + head.len()..].starts_with(['(', '<']));
    starts
        .filter_map(|(at, _)| {
            let open = at + source[at..].find('{')?;
            let mut depth = 0;
            let end = source[open..].char_indices().find_map(|(n, c)| {
                depth += i32::from(c == '{') - i32::from(c == '}');
                (depth == 0).then_some(open + n + 1)
            })?;
            Some(&source[open..end])
        })
        .collect()
}

fn forbidden_words(body: &str) -> Vec<&'static str> {
    let code: String =
        body.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n");
    let code = without_what_is_allowed(&code);
    FORBIDDEN.iter().copied().filter(|word| code.contains(word)).collect()
}

#[test]
fn no_callback_locks_waits_wakes_logs_or_allocates() {
    for (file, source, functions) in CALLBACKS {
        for function in *functions {
            let bodies = bodies(source, function);
            assert!(
                !bodies.is_empty(),
                "{file} has no function {function} any more: name what took its place"
            );
            for body in bodies {
                assert_eq!(forbidden_words(body), [] as [&str; 0], "in {function} of {file}:\n{body}");
            }
        }
    }
}

#[test]
fn a_callback_that_would_is_found() {
    let source = "fn other() { x.lock() }\nfn feed<T>(x: T) -> usize {\n    if a { b.lock(); }\n    // tracing\n    let s = \
                  format!(\"\"); 1\n}\n#[cfg(test)]\nmod tests { fn feed() { println!() } }";
    let found = bodies(source, "feed");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(forbidden_words(found[0]), ["lock(", "format!"]);
    assert_eq!(forbidden_words("{ match self.0.try_lock() { } }"), [] as [&str; 0]);
    assert_eq!(bodies(source, "fee"), [] as [&str; 0]);
}

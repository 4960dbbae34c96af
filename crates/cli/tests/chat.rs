//! `liaison chat`: two processes and one service.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use common::{Running, Service, liaison};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

struct World {
    service: Service,
    staff: String,
    visitor_token: PathBuf,
    staff_token: PathBuf,
}

impl World {
    fn new() -> Self {
        let service = Service::start();
        service.admin(&["tenant", "create", "--name", "Contoso"]);
        let upn = "ada@contoso.example";
        let staff =
            service.admin(&["user", "add", "--tenant", "Contoso", "--upn", upn, "--display-name", "Ada"]);
        Self {
            staff: staff.trim().to_owned(),
            visitor_token: service.token("visitor.token", &["--new", "--scopes", "chat"]),
            staff_token: service.token("staff.token", &["--upn", upn, "--scopes", "chat"]),
            service,
        }
    }

    fn federate(&self) {
        let resource = self.service.admin_json(&["resource", "list"])[0]["id"].as_str().unwrap().to_owned();
        let set =
            ["federation", "set", "--tenant", "Contoso", "--enable-acs-users", "--allowed-acs-resources"];
        self.service.admin(&[&set[..], &[&resource]].concat());
    }

    /// Types `lines`, then ends standard input.
    fn chat(&self, token: &Path, more: &[&str], lines: &str) -> Running {
        let ca = self.service.ca();
        let token = token.to_str().unwrap();
        let common = ["chat", "--endpoint", &self.service.endpoint, "--ca", &ca, "--token-file", token];
        let mut command = liaison(&[&common[..], more].concat());
        // A file, since a pipe would have to be written to while it runs.
        let mut typed = tempfile::tempfile().unwrap();
        typed.write_all(lines.as_bytes()).unwrap();
        std::io::Seek::rewind(&mut typed).unwrap();
        command.stdin(Stdio::from(typed));
        Running::start(command)
    }
}

/// Waits for one line with each of the parts, in any order.
fn all_of<const N: usize>(running: &mut Running, parts: [&str; N]) -> [String; N] {
    let mut found = [const { String::new() }; N];
    while found.iter().any(String::is_empty) {
        let line = running.line("");
        if let Some(i) = parts.iter().position(|part| line.contains(part)) {
            found[i] = line;
        }
    }
    found
}

#[test]
fn what_is_typed_arrives_and_a_program_at_the_end_of_a_pipe_sees_how_it_went() {
    let world = World::new();

    // Nobody may be added yet: the person is refused, and the exit code says so.
    let mut refused = world.chat(&world.visitor_token, &["--with", &world.staff], "hello\n");
    assert_eq!(refused.wait().code(), Some(1));
    assert!(refused.errors().contains("403"), "{}", refused.rest());

    world.federate();
    let mut ada = world.chat(&world.staff_token, &["--follow", "--json"], "/read\n//slash & <b>\n");
    ada.line("chat_waiting");
    let typed =
        "a first line\n/html <i>rich</i><script>x</script>\n\n/shout\n/people\n/topic 100 % \"ready\"\n";
    let with = ["--with", &world.staff, "--topic", "Door", "--display-name", "Visitor"];
    let mut visitor = world.chat(&world.visitor_token, &with, typed);
    let [joined, _, _] =
        all_of(&mut visitor, ["in the chat 19:", "there is no command /shout", "in the chat are"]);
    let thread =
        joined.split_whitespace().find(|word| word.starts_with("19:")).unwrap().trim_end_matches(':');
    assert_eq!(visitor.wait().code(), Some(1), "a line could not be understood");

    // What was typed before there was a chat was said when there was one; it had read nothing yet.
    let moment = |line: String| serde_json::from_str::<serde_json::Value>(&line).unwrap();
    assert_eq!(moment(ada.line("chat_thread"))["topic"], "Door");
    // Each keeps its own order; how the two mix is nobody's promise.
    let seen = all_of(&mut ada, ["a first line", "rich", r#""event":"topic""#, "/slash & <b>"]).map(moment);
    let [first, rich, topic, _] = &seen;
    assert_eq!((&first["event"], &first["what"]), (&"message".into(), &"said".into()));
    assert_eq!(first["name"], "Visitor (Unverified)");
    assert_eq!(rich["content"], "<i>rich</i>", "what is not harmless was taken out");
    assert_eq!(topic["topic"], "100 % \"ready\"");

    // Another run joins by name, looks back, answers and ends it for all.
    let mut later = world.chat(&world.visitor_token, &["--thread", thread], "/history\nbye\n");
    later.line("was: /slash & <b>");
    assert!(later.wait().success(), "{}", later.errors());
    assert_eq!(moment(ada.line("bye"))["content"], "bye");
    let mut end = world.chat(&world.visitor_token, &["--thread", thread], "/end\n");
    assert!(end.wait().success(), "{}", end.errors());
    ada.line("chat_deleted");
    assert!(ada.wait().success(), "{}", ada.errors());
    let mut gone = world.chat(&world.staff_token, &["--thread", thread], "");
    assert_eq!(gone.wait().code(), Some(1));
    assert!(gone.errors().contains("404"), "the history went with it");
    let mut bad = world.chat(&world.staff_token, &["--thread", "none"], "");
    assert_eq!(bad.wait().code(), Some(2));
}

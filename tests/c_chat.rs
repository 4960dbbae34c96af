//! A chat by a C program: two engines in one process, on a service of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod c_support;

use std::path::Path;
use std::process::Command;
use std::thread::JoinHandle;
use std::time::Duration;

use c_support::service::Service;
use c_support::{Program, SANITIZE, root, run_well};
use liaison_engine::{
    ChatEventKind, ChatResult, Engine, EngineConfig, Event, MessagesFrom, NewMessage, OperationId,
};

const LIMIT: Duration = Duration::from_secs(120);

/// Runs `chat.c`: creates a thread with a directory user, sends, edits, reads, counts, types, removes, deletes.
fn scenario(flags: &[&str]) {
    let service = Service::start();
    let (user, user_token) = service.app_user("user");
    let (_, outsider_token) = service.app_user("outsider");
    let folder = tempfile::tempdir().unwrap();
    let program = Program { flags, ..Program::new(&root().join("tests/c/chat.c")) }.build(folder.path());
    run_well(
        Command::new(program)
            .arg(&service.endpoint)
            .arg(&service.ca)
            .arg(user_token)
            .arg(user)
            .arg(service.staff_token())
            .arg(&service.staff)
            .arg(&service.refusing)
            .arg(outsider_token),
        LIMIT,
    );
}

/// Runs `chat_events.c`: each hears of what the other does.
fn events(flags: &[&str]) {
    let service = Service::start();
    let (user, user_token) = service.app_user("user");
    let folder = tempfile::tempdir().unwrap();
    let program =
        Program { flags, ..Program::new(&root().join("tests/c/chat_events.c")) }.build(folder.path());
    let mut command = Command::new(program);
    command.arg(&service.endpoint).arg(&service.ca).arg(user_token).arg(user);
    run_well(command.arg(service.staff_token()).arg(&service.staff), LIMIT);
}

/// Runs `chat_kept.c`: several runs of an app, one of them without a network.
fn kept(flags: &[&str]) {
    let service = Service::start();
    let (_, token) = service.app_user("user");
    let folder = tempfile::tempdir().unwrap();
    let program = Program { flags, ..Program::new(&root().join("tests/c/chat_kept.c")) }.build(folder.path());
    let mut command = Command::new(program);
    command.arg(&service.endpoint).arg(&service.ca).arg(token).arg(folder.path().join("kept"));
    run_well(&mut command, LIMIT);
}

/// Runs `chat_files.c`: a picture and a file go up, along with a message, and come down.
fn files(flags: &[&str]) {
    let service = Service::start();
    let (_, user_token) = service.app_user("user");
    let folder = tempfile::tempdir().unwrap();
    let program =
        Program { flags, ..Program::new(&root().join("tests/c/chat_files.c")) }.build(folder.path());
    let mut command = Command::new(program);
    command.arg(&service.endpoint).arg(&service.ca).arg(user_token).arg(service.staff_token());
    run_well(command.arg(&service.staff).arg(folder.path()), LIMIT);
}

#[test]
fn files_and_images_are_sent_and_read() {
    files(&[]);
}

#[test]
fn files_run_clean_under_the_sanitizers() {
    files(&SANITIZE);
}

#[test]
fn what_chat_keeps_is_there_in_the_next_run() {
    kept(&[]);
}

#[test]
fn keeping_runs_clean_under_the_sanitizers() {
    kept(&SANITIZE);
}

#[test]
fn what_happens_in_a_chat_reaches_everyone_in_it() {
    events(&[]);
}

#[test]
fn events_run_clean_under_the_sanitizers() {
    events(&SANITIZE);
}

#[test]
fn an_app_user_and_a_member_of_staff_chat() {
    scenario(&[]);
}

#[test]
fn the_same_chat_runs_clean_under_the_sanitizers() {
    scenario(&SANITIZE);
}

/// The person written to: sees the message, reads the thread, says so, answers, corrects the answer.
fn answer(service: &Service, token: &Path) -> JoinHandle<()> {
    let mut config = EngineConfig::new(&service.endpoint);
    config.ca_pem = Some(std::fs::read_to_string(&service.ca).unwrap());
    let engine = Engine::new(config).unwrap();
    engine.sign_in(std::fs::read_to_string(token).unwrap().trim()).unwrap();
    let next = move |engine: &Engine| engine.wait_event(LIMIT).expect("an event in time");
    std::thread::spawn(move || {
        let (thread, seen) = loop {
            if let Event::Chat(event) = next(&engine)
                && let ChatEventKind::ChatMessageReceived { message } = &event.kind
                && message.kind.is_sendable()
            {
                break (event.thread.clone(), message.clone());
            }
        };
        let thread = engine.chat_client().chat_thread_client(thread.as_str()).unwrap();
        let result = |operation: OperationId| loop {
            match next(&engine) {
                Event::ChatDone { operation: done, result, .. } if done == operation => {
                    break *result.expect("a command of the one who answers");
                }
                _ => {}
            }
        };
        let ChatResult::Messages { messages, .. } =
            result(thread.list_messages(MessagesFrom::Newest, None).unwrap())
        else {
            panic!("no messages")
        };
        let read = messages.iter().find(|message| message.id == seen.id).unwrap();
        let content = read.content.as_ref().unwrap().message.as_ref().unwrap();
        assert_eq!(content.as_str(), "Nobody opens.");
        result(thread.send_read_receipt(seen.id).unwrap());
        let ChatResult::MessageSent { message } =
            result(thread.send_message(NewMessage::text("I go.")).unwrap())
        else {
            panic!("no message")
        };
        result(thread.update_message(message, "I come.").unwrap());
    })
}

#[test]
fn writing_to_a_teams_user_instead_of_an_app_user_changes_the_identifier_line_only() {
    let source = |name: &str| root().join("tests/c").join(name);
    let (app, teams) = (source("write_app_user.c"), source("write_teams_user.c"));
    let (a, b) = (std::fs::read_to_string(&app).unwrap(), std::fs::read_to_string(&teams).unwrap());
    assert_eq!(a.lines().count(), b.lines().count());
    let differing: Vec<(&str, &str)> = a.lines().zip(b.lines()).filter(|(a, b)| a != b).collect();
    let [(a, b)] = differing[..] else { panic!("{differing:#?}") };
    assert!(a.contains("communicationUserId") && b.contains("microsoftTeamsUserId"), "{a}\n{b}");

    let service = Service::start();
    let folder = tempfile::tempdir().unwrap();
    let (_, token) = service.app_user("writer");
    let (friend, friend_token) = service.app_user("friend");
    for (source, id, person) in [
        (app, friend.strip_prefix("8:acs:"), friend_token),
        (teams, service.staff.strip_prefix("8:orgid:"), service.staff_token()),
    ] {
        let person = answer(&service, &person);
        let program = Program::new(&source).build(folder.path());
        let ran = run_well(
            Command::new(program).arg(&service.endpoint).arg(&service.ca).arg(&token).arg(id.unwrap()),
            LIMIT,
        );
        assert_eq!(ran.stdout, "answered\n");
        person.join().unwrap();
    }
}

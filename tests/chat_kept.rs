//! What chat keeps on disk survives the app: events that were not acknowledged, commands that were not answered.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

mod chat_support;
mod common;

use std::path::PathBuf;
use std::time::Duration;

use chat_support::app::{self, App, Start};
use chat_support::relay::{Mode, Relay};
use chat_support::{listening, next_message, say, thread_with, written};
use common::{End, World};
use liaison_engine::{Engine, EngineError, ThreadId};

/// A kiosk that is a process of its own, and a member of staff in this one, with a thread of both.
struct Scene {
    world: World,
    staff: End,
    thread: ThreadId,
    token: PathBuf,
    data: tempfile::TempDir,
}

impl Scene {
    /// The kiosk has been there before the thread was made.
    fn set() -> Self {
        let world = World::federated();
        let (kiosk, token) = world.app_user();
        let file = world.folder.path().join("kiosk.token");
        std::fs::write(&file, token).unwrap();
        let mut staff = listening(&world, world.config(), &world.staff().1);
        let data = tempfile::tempdir().unwrap();
        let thread = thread_with(&mut staff, &kiosk);
        Self { world, staff, thread, token: file, data }
    }

    fn app(&self, endpoint: &str, acs: bool, commands: &[String]) -> App {
        let ca = self.world.server.as_ref().map(|server| server.ca_pem_path().unwrap());
        let ca = ca.unwrap_or_else(|| self.world.folder.path().join("ca.pem"));
        let (token, data) = (self.token.as_path(), self.data.path());
        let test = "in_a_process_of_its_own";
        App::start(&Start { test, endpoint, ca: &ca, token, data, acs }, commands)
    }

    fn send(&self, id: &str, text: &str) -> String {
        format!("send {} {id} {text}", self.thread)
    }
}

#[test]
fn in_a_process_of_its_own() {
    app::run();
}

#[test]
fn what_was_not_acknowledged_comes_again_after_the_app_was_killed() {
    let mut scene = Scene::set();
    let endpoint = scene.world.endpoint();
    // A device that was never there begins with what happens from now on.
    let mut first = scene.app(&endpoint, false, &["acknowledge 3".to_owned()]);
    first.line("missed");
    for text in ["1", "2", "3", "4", "5"] {
        say(&mut scene.staff, &scene.thread, text);
    }
    first.line("queued further-behind");
    while first.all("event").iter().all(|line| !line.ends_with("further behind")) {
        first.line("event");
    }
    first.kill();
    say(&mut scene.staff, &scene.thread, "6");

    let before = first.all("event");
    let at = before.iter().position(|line| line.ends_with(" 3")).unwrap();
    let mut second = scene.app(&endpoint, false, &[]);
    while !second.line("event").ends_with(" 6") {}
    let again = second.all("event");
    let unacknowledged = &before[at + 1..];
    assert_eq!(again[..unacknowledged.len()], *unacknowledged, "the same, with the same sequences");
    assert_eq!(again.len(), unacknowledged.len() + 1, "and what came meanwhile: {again:?}");
    assert!(second.all("missed").is_empty());
}

#[test]
fn what_was_queued_without_a_service_is_sent_by_the_next_run_once_and_in_order() {
    let mut scene = Scene::set();
    let endpoint = scene.world.endpoint();
    let listen = scene.world.stop();
    let commands: Vec<String> =
        (1..=3).map(|n| scene.send(&format!("k{n}"), &format!("knock {n}"))).collect();
    let mut first = scene.app(&endpoint, false, &commands);
    for n in 1..=3 {
        first.line(&format!("queued k{n}"));
    }
    first.kill();
    assert!(first.all("done").is_empty());

    scene.world.start(&listen);
    let mut second = scene.app(&endpoint, false, &[]);
    for n in 1..=3 {
        assert_eq!(second.done(&format!("k{n}")), format!("done 0 k{n} ok"));
    }
    second.kill();
    let mut third = scene.app(&endpoint, false, &[scene.send("k4", "knock 4")]);
    assert!(third.done("k4").ends_with(" ok"));
    assert_eq!(written(&mut scene.staff, &scene.thread), ["knock 1", "knock 2", "knock 3", "knock 4"]);
}

/// The service has taken a message, but its answer is lost and the app killed. The next run does not send it twice.
fn answer_lost(acs: bool) {
    let mut scene = Scene::set();
    let relay = Relay::to(scene.world.server.as_ref().unwrap().local_addr().port());
    let mut first = scene.app(&relay.endpoint(), acs, &[scene.send("warm", "warm")]);
    first.done("warm");
    first.kill();
    let mut last = 0;
    assert_eq!(next_message(&mut scene.staff, &mut last), "warm");

    // Its connection is there: what it says arrives, and what it is answered does not. A connection is the next request's
    // a moment after its answer came.
    let mut first = scene.app(&relay.endpoint(), acs, &[scene.send("k1", "knock 1")]);
    first.done("k1");
    assert_eq!(next_message(&mut scene.staff, &mut last), "knock 1");
    std::thread::sleep(Duration::from_millis(300));
    relay.set(Mode::Deaf);
    first.tell(&scene.send("k2", "knock 2"));
    first.line("queued k2");
    assert_eq!(next_message(&mut scene.staff, &mut last), "knock 2");
    first.kill();
    assert!(first.all("done").iter().all(|line| !line.contains(" k2 ")));
    relay.set(Mode::Cut);
    relay.set(Mode::Open);

    let mut second = scene.app(&relay.endpoint(), acs, &[scene.send("k3", "knock 3")]);
    assert!(second.done("k2").ends_with(" ok") && second.done("k3").ends_with(" ok"));
    assert_eq!(written(&mut scene.staff, &scene.thread), ["warm", "knock 1", "knock 2", "knock 3"]);
}

#[test]
fn a_message_whose_answer_is_lost_is_there_once() {
    answer_lost(false);
}

#[test]
fn and_once_on_acs_by_looking_for_it() {
    answer_lost(true);
}

#[test]
fn without_the_key_or_beside_another_engine_nothing_begins() {
    let scene = Scene::set();
    let mut first = scene.app(&scene.world.endpoint(), false, &[scene.send("k1", "knock 1")]);
    first.done("k1");
    let config = |key| {
        let mut config = scene.world.config();
        (config.data_path, config.data_key) = (Some(scene.data.path().to_owned()), key);
        config
    };
    let refused = |key| Engine::new(config(key)).err().unwrap().to_string();
    assert!(refused(Some(app::KEY)).contains("another engine uses"));
    first.kill();
    assert!(refused(None).contains("written with another data key"));
    assert!(refused(Some([1; 32])).contains("written with another data key"));
    assert!(Engine::new(config(Some(app::KEY))).is_ok(), "nothing was lost");
    let mut keyed = scene.world.config();
    keyed.data_key = Some([1; 32]);
    assert!(matches!(Engine::new(keyed), Err(EngineError::DataKey)));
}

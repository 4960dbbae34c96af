use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::Text;
use crate::model::{MessageKind, Metadata};
use crate::simulation::origin;

fn id(n: u128) -> ClientMessageId {
    ClientMessageId::from_random(n)
}

fn say(text: &str) -> QueuedCommand {
    QueuedCommand::SendMessage {
        kind: MessageKind::Text,
        content: Text::from(text),
        sender_display_name: None,
        metadata: Metadata::default(),
        attachments: vec![],
    }
}

fn done(n: u128) -> OutboxInput {
    OutboxInput::Answer { id: id(n), answer: Answer::Done(Made::Message(MessageId(7))) }
}

fn failed(n: u128, seconds: Option<u64>) -> OutboxInput {
    OutboxInput::Answer {
        id: id(n),
        answer: Answer::Failed { retry_after: seconds.map(Duration::from_secs) },
    }
}

struct Run {
    outbox: Outbox,
    now: Instant,
}

impl Run {
    fn new(remote: Remote, kept: Vec<Record>) -> Self {
        Self { outbox: Outbox::new(OutboxConfig::new(remote, 1), kept), now: origin() }
    }

    fn queue(&mut self, n: u128, thread: u128) -> Vec<String> {
        let thread = ThreadId::from_random(thread);
        self.outbox.queue(self.now, id(n), Some(thread), say("x"), UnixMillis(5)).unwrap();
        self.said()
    }

    fn tell(&mut self, input: OutboxInput) -> Vec<String> {
        self.outbox.handle(self.now, input);
        self.said()
    }

    fn said(&mut self) -> Vec<String> {
        let short = |name: &ClientMessageId| u128::from_str_radix(name.as_str(), 16).unwrap();
        std::iter::from_fn(|| self.outbox.poll())
            .map(|output| match output {
                OutboxOutput::Save(record) => {
                    format!("save {}{}", short(&record.id), if record.tried { " tried" } else { "" })
                }
                OutboxOutput::Transmit(record) => format!("send {}", short(&record.id)),
                OutboxOutput::Search { id, since, .. } => format!("search {} {}", short(&id), since.0),
                OutboxOutput::Settle { id, settlement } => match settlement {
                    Settlement::Done(Made::Message(message)) => format!("done {} {message}", short(&id)),
                    Settlement::Done(made) => format!("done {} {made:?}", short(&id)),
                    Settlement::Refused { status } => format!("refused {} {status}", short(&id)),
                    Settlement::Cancelled => format!("cancelled {}", short(&id)),
                },
            })
            .collect()
    }
}

#[test]
fn one_at_a_time_in_a_thread_and_threads_beside_each_other() {
    let mut run = Run::new(Remote::Liaison, vec![]);
    assert_eq!(run.queue(1, 1), ["save 1"], "offline it is kept");
    assert_eq!(run.queue(2, 1), ["save 2"]);
    assert_eq!(run.queue(3, 2), ["save 3"]);
    assert_eq!(run.tell(OutboxInput::Online), ["send 1", "send 3"]);
    assert_eq!(run.tell(done(1)), ["done 1 7", "send 2"]);
    assert_eq!(run.tell(done(1)), [""; 0], "settled once");
    assert_eq!(run.tell(done(2)), ["done 2 7"]);
    assert_eq!(run.outbox.len(), 1);
    for thread in 3..8 {
        run.queue(thread * 10, thread);
    }
    assert_eq!(run.tell(done(3)), ["done 3 7", "send 60"], "four at a time, the oldest first");
}

#[test]
fn what_was_kept_goes_on_in_its_order() {
    let mut run = Run::new(Remote::Liaison, vec![]);
    run.queue(9, 1);
    run.queue(8, 1);
    let mut kept = Vec::new();
    for n in [1, 2] {
        let thread = Some(ThreadId::from_random(3));
        kept.push(Record {
            id: id(n),
            thread,
            order: 10 - n as u64,
            queued_at: UnixMillis(5),
            tried: false,
            command: say("x"),
        });
    }
    let text = serde_json::to_string(&kept).unwrap();
    let mut run = Run::new(Remote::Liaison, serde_json::from_str(&text).unwrap());
    assert_eq!(run.tell(OutboxInput::Online), ["send 2"]);
    assert_eq!(run.tell(done(2)), ["done 2 7", "send 1"]);
    run.queue(3, 3);
    assert_eq!(run.tell(done(1)), ["done 1 7", "send 3"], "what is queued now comes after what was kept");
}

#[test]
fn what_has_no_answer_is_sent_again_in_its_time() {
    let mut run = Run::new(Remote::Liaison, vec![]);
    run.queue(1, 1);
    run.queue(2, 1);
    run.tell(OutboxInput::Online);
    assert_eq!(run.tell(failed(1, None)), [""; 0]);
    let first = run.outbox.deadline().unwrap() - run.now;
    assert!(first <= Duration::from_millis(500));
    run.now += first;
    assert_eq!(run.tell(OutboxInput::Tick), ["send 1"], "and the second waits behind it");
    run.tell(failed(1, Some(30)));
    assert!(run.outbox.deadline().unwrap() >= run.now + Duration::from_secs(30));
    assert_eq!(run.tell(OutboxInput::Online), [""; 0], "what the service asked for holds over a reconnect");
    run.now = run.outbox.deadline().unwrap();
    assert_eq!(run.tell(OutboxInput::Tick), ["send 1"]);
    run.tell(failed(1, None));
    run.tell(OutboxInput::Offline);
    assert_eq!(run.outbox.deadline(), None);
    assert_eq!(run.tell(OutboxInput::Online), ["send 1"], "the network was away: now it is not");
    assert_eq!(
        run.tell(OutboxInput::Answer { id: id(1), answer: Answer::Refused { status: 403 } }),
        ["refused 1 403", "send 2"]
    );
}

#[test]
fn without_a_token_nothing_is_sent() {
    let mut run = Run::new(Remote::Liaison, vec![]);
    run.queue(1, 1);
    run.tell(OutboxInput::Online);
    assert_eq!(run.tell(OutboxInput::Answer { id: id(1), answer: Answer::Unauthorized }), [""; 0]);
    assert_eq!(run.queue(2, 2), ["save 2"]);
    assert_eq!(run.outbox.deadline(), None);
    assert_eq!(run.tell(OutboxInput::Online), ["send 1", "send 2"]);
}

#[test]
fn what_was_not_sent_can_be_taken_back() {
    let mut run = Run::new(Remote::Liaison, vec![]);
    run.queue(1, 1);
    run.queue(2, 1);
    run.queue(3, 1);
    assert_eq!(run.tell(OutboxInput::Cancel { id: id(2) }), ["cancelled 2"]);
    run.tell(OutboxInput::Online);
    assert_eq!(run.tell(OutboxInput::Cancel { id: id(1) }), [""; 0], "under way");
    run.tell(failed(1, None));
    assert_eq!(run.tell(OutboxInput::Cancel { id: id(1) }), [""; 0], "it may be there");
    assert_eq!(run.tell(OutboxInput::Cancel { id: id(3) }), ["cancelled 3"]);
    assert_eq!(run.tell(OutboxInput::Cancel { id: id(9) }), [""; 0]);
    // The first of each thread may have been sent before a restart.
    let record = |n: u128| Record {
        id: id(n),
        thread: Some(ThreadId::from_random(1)),
        order: n as u64,
        queued_at: UnixMillis(5),
        tried: false,
        command: say("x"),
    };
    let mut run = Run::new(Remote::Liaison, vec![record(1), record(2)]);
    assert_eq!(run.tell(OutboxInput::Cancel { id: id(1) }), [""; 0]);
    assert_eq!(run.tell(OutboxInput::Cancel { id: id(2) }), ["cancelled 2"]);
}

#[test]
fn a_queue_has_an_end_and_ids_are_not_used_twice() {
    let mut run = Run::new(Remote::Liaison, vec![]);
    run.queue(1, 1);
    let again = run.outbox.queue(run.now, id(1), None, say("x"), UnixMillis(5));
    assert_eq!(again, Err(QueueError::Id));
    for n in 2..=1000 {
        run.queue(n, 1);
    }
    let full = run.outbox.queue(run.now, id(1001), None, say("x"), UnixMillis(5));
    assert_eq!((full, run.outbox.is_empty()), (Err(QueueError::Full(1000)), false));
}

#[test]
fn against_acs_a_message_is_looked_for_first() {
    let mut run = Run::new(Remote::Acs, vec![]);
    run.tell(OutboxInput::Online);
    assert_eq!(run.queue(1, 1), ["save 1", "save 1 tried", "send 1"], "that it may be there is kept first");
    run.tell(failed(1, None));
    run.now += Duration::from_secs(1);
    assert_eq!(run.tell(OutboxInput::Tick), ["search 1 5"]);
    assert_eq!(run.tell(failed(1, None)), [""; 0], "the search has no answer");
    run.now += Duration::from_secs(2);
    assert_eq!(run.tell(OutboxInput::Tick), ["search 1 5"]);
    assert_eq!(run.tell(OutboxInput::Found { id: id(1), message: None }), ["send 1"]);
    run.tell(failed(1, None));
    run.now += Duration::from_secs(60);
    run.tell(OutboxInput::Tick);
    assert_eq!(run.tell(OutboxInput::Found { id: id(1), message: Some(MessageId(8)) }), ["done 1 8"]);
    // Other commands can be repeated as they are.
    let thread = Some(ThreadId::from_random(1));
    let delete = QueuedCommand::DeleteMessage { message: MessageId(8) };
    run.outbox.queue(run.now, id(2), thread, delete, UnixMillis(6)).unwrap();
    assert_eq!(run.said(), ["save 2", "send 2"]);
    run.tell(failed(2, None));
    run.now += Duration::from_secs(1);
    assert_eq!(run.tell(OutboxInput::Tick), ["send 2"]);
}

proptest! {
    #[test]
    fn each_is_settled_once_and_one_a_thread_is_under_way(
        steps in proptest::collection::vec((0..9_u8, 0..12_u128, 0..3_u128), 0..120),
        acs in any::<bool>(),
    ) {
        let remote = if acs { Remote::Acs } else { Remote::Liaison };
        let mut run = Run::new(remote, vec![]);
        let (mut under_way, mut settled, mut queued) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (what, n, thread) in steps {
            run.now += Duration::from_millis(300);
            let said = match what {
                0 | 1 => {
                    // The thread is part of the name, so that what is under way can be told apart by it.
                    let name = n * 3 + thread;
                    if !queued.insert(name) { continue }
                    run.queue(name, thread)
                }
                2 => run.tell(OutboxInput::Online),
                3 => run.tell(OutboxInput::Offline),
                4 => run.tell(OutboxInput::Tick),
                _ => {
                    let Some(&name) = under_way.iter().next() else { continue };
                    under_way.remove(&name);
                    match what {
                        5 => run.tell(failed(name, None)),
                        6 => run.tell(OutboxInput::Answer { id: id(name), answer: Answer::Unauthorized }),
                        7 => run.tell(OutboxInput::Found { id: id(name), message: None }),
                        _ => run.tell(done(name)),
                    }
                }
            };
            for words in said {
                let words: Vec<&str> = words.split(' ').collect();
                let name: u128 = words[1].parse().unwrap();
                match words[0] {
                    "send" | "search" => {
                        prop_assert!(under_way.iter().all(|other| other % 3 != name % 3), "two in one thread");
                        under_way.insert(name);
                        prop_assert!(under_way.len() <= 4);
                    }
                    "done" => prop_assert!(settled.insert(name)),
                    _ => {}
                }
            }
        }
        prop_assert_eq!(run.outbox.len(), queued.len() - settled.len());
    }
}

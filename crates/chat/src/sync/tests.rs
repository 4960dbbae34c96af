use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::link::ThreadHead;
use crate::model::SystemMessage;
use crate::rules::tests::book::{participant, raw_of};
use crate::simulation::origin;
use crate::{EventKind, MessageId, UnixMillis};

fn thread(n: u128) -> ThreadId {
    ThreadId::from_random(n)
}

fn event(n: u128, sequence: u64) -> Event {
    let receipt =
        crate::model::ReadReceipt { reader: raw_of("ann"), message: MessageId(1), read_at: UnixMillis(1) };
    let kind = EventKind::ReadReceiptReceived { receipt, client_id: None };
    Event { thread: thread(n), sequence: Some(EventSequence(sequence)), at: UnixMillis(1), kind }
}

fn added(n: u128, sequence: u64, who: &str) -> Event {
    let kind = EventKind::ParticipantsAdded {
        participants: vec![participant(who)],
        added_by: crate::event::EventActor { raw_id: raw_of("zoe"), display_name: None },
        system_message: SystemMessage { id: MessageId(1), sequence_id: 1 },
    };
    Event { kind, ..event(n, sequence) }
}

fn page(n: u128, first: u64, head: u64, events: impl IntoIterator<Item = u64>) -> SyncInput {
    let events = events.into_iter().map(|sequence| event(n, sequence)).collect();
    let page = EventPage { first: EventSequence(first), head: EventSequence(head), events };
    SyncInput::Page { thread: thread(n), page }
}

fn frame(events: Vec<Event>) -> SyncInput {
    SyncInput::Frame(ChatFrame::Events { events })
}

fn heads(heads: &[(u128, u64, u64)], complete: bool) -> SyncInput {
    let head = |(n, first, head): &(u128, u64, u64)| ThreadHead {
        thread: thread(*n),
        first: EventSequence(*first),
        head: EventSequence(*head),
    };
    SyncInput::Frame(ChatFrame::Heads { threads: heads.iter().map(head).collect(), complete })
}

fn ack(n: u128, sequence: u64) -> SyncInput {
    SyncInput::Acknowledge { thread: thread(n), sequence: EventSequence(sequence) }
}

/// A sync of `ann`, online, that knows threads up to these events.
struct Run {
    sync: Sync,
    now: Instant,
}

impl Run {
    fn new(started: bool, cursors: &[(u128, u64)], change: impl FnOnce(&mut SyncConfig)) -> Self {
        let cursor = |(n, at): &(u128, u64)| Cursor { thread: thread(*n), acknowledged: EventSequence(*at) };
        let state = SyncState { cursors: cursors.iter().map(cursor).collect(), started };
        let mut config = SyncConfig::new(raw_of("ann"), 1);
        change(&mut config);
        let mut run = Self { sync: Sync::new(config, state), now: origin() };
        assert_eq!(run.tell(SyncInput::Connected { resumed: false }), ["subscribe"]);
        run
    }

    /// What comes of it, in short.
    fn tell(&mut self, input: SyncInput) -> Vec<String> {
        self.sync.handle(self.now, input);
        let short = |thread: &ThreadId| (0..9).find(|n| ThreadId::from_random(*n) == *thread).unwrap();
        let mut said = Vec::new();
        while let Some(output) = self.sync.poll() {
            said.push(match output {
                SyncOutput::Request(request) => {
                    assert_eq!(request, ChatRequest::Subscribe);
                    "subscribe".to_owned()
                }
                SyncOutput::Read { thread, after, limit } => {
                    format!("read {} {} {limit}", short(&thread), after.0)
                }
                SyncOutput::Deliver(event) => match event.sequence {
                    Some(sequence) => format!("event {} {}", short(&event.thread), sequence.0),
                    None => format!("typing {}", short(&event.thread)),
                },
                SyncOutput::Missed { thread, to } => format!("missed {} {}", short(&thread), to.0),
                SyncOutput::Save(cursor) => {
                    format!("save {} {}", short(&cursor.thread), cursor.acknowledged.0)
                }
                SyncOutput::SaveStarted => "started".to_owned(),
                SyncOutput::Forget { thread } => format!("forget {}", short(&thread)),
            });
        }
        said
    }
}

#[test]
fn events_in_order_once_and_what_lacks_is_read() {
    let mut run = Run::new(true, &[(1, 4)], |_| {});
    assert_eq!(run.tell(frame(vec![event(1, 5)])), ["event 1 5"]);
    assert_eq!(run.tell(frame(vec![event(1, 5), event(1, 4)])), [""; 0], "known already");
    assert_eq!(run.tell(frame(vec![event(1, 8)])), ["read 1 5 200"]);
    assert_eq!(run.tell(frame(vec![event(1, 9)])), [""; 0], "one read at a time");
    assert_eq!(run.tell(frame(vec![event(1, 6)])), ["event 1 6"]);
    assert_eq!(run.tell(page(1, 1, 9, 6..=7)), ["event 1 7", "event 1 8", "event 1 9"]);
    assert_eq!(run.tell(ack(1, 7)), ["save 1 7"]);
    assert_eq!(run.tell(ack(1, 6)), [""; 0]);
    assert_eq!(run.tell(ack(1, 99)), ["save 1 9"], "no further than was told");
    assert_eq!(run.tell(ack(2, 1)), [""; 0]);
    assert_eq!(run.sync.acknowledged(&thread(1)), Some(EventSequence(9)));
}

#[test]
fn a_thread_begins_with_its_creation_or_the_users_addition() {
    let mut run = Run::new(true, &[], |_| {});
    assert_eq!(run.tell(frame(vec![added(1, 7, "ann"), event(1, 8)])), ["event 1 7", "event 1 8"]);
    // Another's addition is no beginning: the log is asked where it is.
    assert_eq!(run.tell(frame(vec![added(2, 7, "ben")])), ["read 2 0 200"]);
    assert_eq!(run.tell(page(2, 6, 7, 6..=7)), ["event 2 6", "event 2 7"]);
    // The beginning may come later than what follows it.
    assert_eq!(run.tell(frame(vec![event(3, 5)])), ["read 3 0 200"]);
    assert_eq!(run.tell(frame(vec![added(3, 4, "ann")])), ["event 3 4", "event 3 5"]);
    assert_eq!(run.tell(page(3, 4, 5, 4..=5)), [""; 0]);
}

#[test]
fn a_gap_and_heads_lead_to_reads_page_by_page() {
    let mut run = Run::new(true, &[(1, 4), (2, 9)], |config| config.page = 2);
    let gap = ChatFrame::Gap { thread: thread(1), head: EventSequence(8) };
    assert_eq!(run.tell(SyncInput::Frame(gap)), ["read 1 4 2"]);
    assert_eq!(run.tell(page(1, 1, 8, 5..=6)), ["event 1 5", "event 1 6", "read 1 6 2"]);
    assert_eq!(run.tell(page(1, 1, 8, 7..=8)), ["event 1 7", "event 1 8"]);
    assert_eq!(run.tell(heads(&[(1, 1, 8), (2, 1, 9)], false)), [""; 0]);
    assert_eq!(run.tell(heads(&[(3, 4, 5)], true)), ["read 3 3 2"], "one that began while we were away");
    assert_eq!(run.tell(page(3, 4, 5, 4..=5)), ["event 3 4", "event 3 5"]);
}

#[test]
fn threads_that_the_service_does_not_list_are_forgotten() {
    let mut run = Run::new(true, &[(1, 4), (2, 9)], |_| {});
    // Heard of after the question: it need not be in the answer.
    run.tell(frame(vec![added(3, 1, "ann")]));
    assert_eq!(run.tell(heads(&[(1, 1, 4)], true)), ["forget 2"]);
    assert_eq!(run.tell(frame(vec![event(3, 2)])), ["event 3 2"]);
    // An answer unasked for takes nothing away.
    assert_eq!(run.tell(heads(&[], true)), [""; 0]);
    assert_eq!(run.tell(frame(vec![event(1, 6)])), ["read 1 4 200"]);
    assert_eq!(run.tell(SyncInput::ReadRefused { thread: thread(1) }), ["forget 1"]);
    assert_eq!(run.sync.acknowledged(&thread(1)), None);
}

#[test]
fn a_new_device_begins_now() {
    let mut run = Run::new(false, &[], |_| {});
    assert_eq!(run.tell(heads(&[(1, 1, 50), (2, 3, 3)], false)), ["missed 1 50", "missed 2 3"]);
    assert_eq!(run.tell(heads(&[(3, 1, 1)], true)), ["missed 3 1", "started"]);
    assert_eq!(run.tell(frame(vec![event(1, 51)])), ["event 1 51"]);
    assert_eq!(run.tell(ack(1, 50)), ["save 1 50"], "nothing before the history was read");
    assert_eq!(run.tell(heads(&[(4, 2, 3)], true)), ["read 4 1 200"], "later ones from their beginning");
}

#[test]
fn what_the_log_does_not_hold_is_missed_until_acknowledged() {
    let mut run = Run::new(true, &[(1, 4)], |_| {});
    assert_eq!(run.tell(heads(&[(1, 9, 10)], true)), ["read 1 4 200"]);
    assert_eq!(run.tell(page(1, 9, 10, 9..=10)), ["missed 1 8", "event 1 9", "event 1 10"]);
    assert_eq!(run.tell(ack(1, 8)), ["save 1 8"]);
}

#[test]
fn an_app_that_does_not_acknowledge_is_told_no_more() {
    let mut run = Run::new(true, &[(1, 0)], |config| (config.unacknowledged, config.buffered) = (3, 2));
    let all =
        |range: std::ops::RangeInclusive<u64>| frame(range.map(|sequence| event(1, sequence)).collect());
    assert_eq!(run.tell(all(1..=9)), ["event 1 1", "event 1 2", "event 1 3"]);
    assert_eq!(run.tell(ack(1, 1)), ["save 1 1", "event 1 4"]);
    assert_eq!(
        run.tell(ack(1, 4)),
        ["save 1 4", "event 1 5", "read 1 5 200"],
        "what found no room is read again"
    );
    assert_eq!(run.tell(page(1, 1, 9, 6..=9)), ["event 1 6", "event 1 7"], "full: not even read");
    assert_eq!(run.tell(ack(1, 6)), ["save 1 6", "read 1 7 200"]);
    assert_eq!(run.tell(page(1, 1, 9, 8..=9)), ["event 1 8", "event 1 9"]);
}

#[test]
fn a_failed_read_is_repeated_in_its_time() {
    let mut run = Run::new(true, &[(1, 4)], |_| {});
    run.tell(frame(vec![event(1, 6)]));
    let asked = Some(Duration::from_secs(9));
    assert_eq!(run.tell(SyncInput::ReadFailed { thread: thread(1), retry_after: asked }), [""; 0]);
    let deadline = run.sync.deadline().unwrap();
    assert!(deadline >= run.now + Duration::from_secs(9));
    assert_eq!(run.tell(frame(vec![event(1, 7)])), [""; 0], "not before");
    run.now = deadline - Duration::from_millis(1);
    assert_eq!(run.tell(SyncInput::Tick), [""; 0]);
    run.now = deadline;
    assert_eq!(run.tell(SyncInput::Tick), ["read 1 4 200"]);
    assert_eq!(run.sync.deadline(), None);
    // A service that promises more than it gives is asked in time, not in a loop.
    assert_eq!(run.tell(page(1, 1, 9, [])), [""; 0]);
    assert!(run.sync.deadline().is_some());
    assert_eq!(run.tell(SyncInput::Disconnected), [""; 0]);
    assert_eq!(run.sync.deadline(), None, "nothing while the link is down");
    assert_eq!(run.tell(SyncInput::Connected { resumed: true }), ["read 1 4 200"]);
}

#[test]
fn few_reads_at_a_time() {
    let cursors: Vec<(u128, u64)> = (1..=7).map(|n| (n, 4)).collect();
    let mut run = Run::new(true, &cursors, |_| {});
    let all: Vec<_> = (1..=7).map(|n| (n, 1, 5)).collect();
    assert_eq!(run.tell(heads(&all, true)).len(), 4);
    assert_eq!(run.tell(SyncInput::ReadFailed { thread: thread(1), retry_after: None }).len(), 1);
    assert_eq!(run.tell(frame(vec![event(7, 5)])), ["event 7 5"]);
    assert_eq!(run.tell(page(2, 1, 5, [5])), ["event 2 5", "read 6 4 200"]);
    assert_eq!(run.tell(page(3, 1, 5, [5])), ["event 3 5"], "what came by itself is not read");
}

#[test]
fn typing_is_told_at_once_and_never_waits() {
    let mut run = Run::new(true, &[(1, 4)], |_| {});
    let typing = Event { sequence: None, ..event(1, 1) };
    assert_eq!(run.tell(frame(vec![event(1, 9), typing])), ["typing 1", "read 1 4 200"]);
}

fn any_input() -> impl Strategy<Value = SyncInput> {
    let n = || 0..3_u128;
    let sequence = || prop_oneof![8 => 0..12_u64, 1 => Just(u64::MAX), 1 => any::<u64>()];
    let one = (n(), sequence(), any::<bool>()).prop_map(|(n, sequence, begins)| {
        if begins { added(n, sequence, "ann") } else { event(n, sequence) }
    });
    let many = proptest::collection::vec(one, 0..4);
    prop_oneof![
        4 => many.clone().prop_map(frame),
        2 => (n(), sequence(), sequence(), many).prop_map(|(n, first, head, events)| {
            let page = EventPage { first: EventSequence(first), head: EventSequence(head), events };
            SyncInput::Page { thread: thread(n), page }
        }),
        1 => (n(), sequence()).prop_map(|(n, head)| SyncInput::Frame(ChatFrame::Gap { thread: thread(n), head: EventSequence(head) })),
        1 => (proptest::collection::vec((n(), sequence(), sequence()), 0..3), any::<bool>()).prop_map(|(all, complete)| heads(&all, complete)),
        2 => (n(), sequence()).prop_map(|(n, sequence)| ack(n, sequence)),
        1 => n().prop_map(|n| SyncInput::ReadFailed { thread: thread(n), retry_after: None }),
        1 => n().prop_map(|n| SyncInput::ReadRefused { thread: thread(n) }),
        1 => any::<bool>().prop_map(|resumed| SyncInput::Connected { resumed }),
        1 => Just(SyncInput::Disconnected),
        1 => Just(SyncInput::Tick),
    ]
}

proptest! {
    #[test]
    fn whatever_the_service_says_nothing_is_told_twice_or_out_of_order(inputs in proptest::collection::vec(any_input(), 0..80), started in any::<bool>()) {
        let mut run = Run::new(started, &[(1, 3)], |config| (config.buffered, config.unacknowledged) = (4, 6));
        let mut last = std::collections::BTreeMap::<String, u64>::new();
        for input in inputs {
            run.now += Duration::from_millis(400);
            for said in run.tell(input) {
                let mut words = said.split(' ');
                let (what, thread) = (words.next().unwrap(), words.next().unwrap_or_default().to_owned());
                let sequence: u64 = words.next().unwrap_or_default().parse().unwrap_or(0);
                match what {
                    "event" | "missed" => {
                        let before = last.insert(thread, sequence);
                        prop_assert!(before.is_none_or(|before| sequence > before), "{}", said);
                        prop_assert!(what == "missed" || before.is_none_or(|before| sequence == before + 1), "{}", said);
                    }
                    "forget" => drop(last.remove(&thread)),
                    _ => {}
                }
            }
        }
    }
}

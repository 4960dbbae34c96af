//! At the end each client has each event once and in order, and each queued message is there once.

use std::time::Duration;

use super::client::{Client, Seen};
use super::world::{NONE, Trouble, World};
use crate::model::{MessageKind, Metadata, MetadataPatch, RetentionPolicy};
use crate::outbox::{Made, QueuedCommand, Remote, Settlement};
use crate::rules::tests::book::{actor, participant};
use crate::{ClientMessageId, Text, ThreadId};

const BAD: Trouble =
    Trouble { lost_requests: 10, lost_answers: 15, busy: 10, doubled_frames: 15, lost_frames: 10, gaps: 10 };

const MINUTE: Duration = Duration::from_secs(60);

fn say(text: String) -> QueuedCommand {
    QueuedCommand::SendMessage {
        kind: MessageKind::Text,
        content: Text::from(text),
        sender_display_name: None,
        metadata: Metadata::default(),
        attachments: vec![],
    }
}

/// A world of `ann`, `ben` and `EVE`, with `threads` of all three.
fn world(remote: Remote, seed: u64, trouble: Trouble, threads: usize) -> (World, Vec<ThreadId>) {
    let clients = ["ann", "ben", "EVE"].map(|name| Client::new(actor(name), remote));
    let mut world = World::new(clients.into(), seed, trouble);
    for n in 0..threads {
        let create = QueuedCommand::CreateThread {
            topic: Text::from(format!("thread {n}")),
            participants: vec![participant("ben"), participant("EVE")],
            metadata: Metadata::default(),
            retention: RetentionPolicy::None,
        };
        world.queue(Duration::from_millis(5), 0, None, create);
    }
    world.run(MINUTE);
    let ids: Vec<ThreadId> = world.books.keys().cloned().collect();
    assert_eq!(ids.len(), threads, "created once each");
    (world, ids)
}

/// Queues messages of everybody over a minute; each is `(client, thread, id)` in the order of queueing.
fn talk(world: &mut World, threads: &[ThreadId], count: u64) -> Vec<(usize, ThreadId, ClientMessageId)> {
    let mut sent = Vec::new();
    let mut at = Duration::ZERO;
    for n in 0..count {
        at += world.dice.millis(120_000 / count);
        let client = world.dice.below(world.clients.len() as u64) as usize;
        let thread = threads[world.dice.below(threads.len() as u64) as usize].clone();
        let id = world.queue(at, client, Some(&thread), say(format!("message {n}")));
        sent.push((client, thread, id));
    }
    sent
}

/// Lets everybody finish: without further trouble, over a fresh connection.
fn settle(world: &mut World) {
    world.run(2 * MINUTE);
    world.trouble = NONE;
    world.service_restart(Duration::from_millis(1));
    world.run(5 * MINUTE);
}

fn each_event_once_and_in_order(world: &World, client: usize) {
    for (thread, book) in &world.books {
        let seen = world.clients[client].disk.seen.get(thread).cloned().unwrap_or_default();
        let all: Vec<Seen> = (1..=book.heads().event.0).map(Seen::Event).collect();
        assert_eq!(seen, all, "client {client} in {thread}");
    }
}

fn each_message_once_and_in_order(world: &World, sent: &[(usize, ThreadId, ClientMessageId)]) {
    for (thread, book) in &world.books {
        for (at, client) in world.clients.iter().enumerate() {
            let ours = |id: &&crate::model::Message| id.sender.as_ref() == Some(&client.actor.raw_id);
            let there: Vec<_> = book.messages.values().filter(ours).collect();
            let queued: Vec<_> =
                sent.iter().filter(|(who, to, _)| *who == at && to == thread).map(|(.., id)| id).collect();
            assert_eq!(there.len(), queued.len(), "client {at} in {thread}");
            for (message, id) in there.iter().zip(queued) {
                let told = client.disk.settled.get(id).cloned();
                assert_eq!(told, Some(Settlement::Done(Made::Message(message.id))), "told of the right one");
            }
        }
    }
    assert!(world.clients.iter().all(|client| client.outbox.is_empty() && client.disk.records.is_empty()));
}

fn check(world: &World, sent: &[(usize, ThreadId, ClientMessageId)]) {
    (0..world.clients.len()).for_each(|client| each_event_once_and_in_order(world, client));
    each_message_once_and_in_order(world, sent);
}

#[test]
fn on_a_good_day() {
    let (mut world, threads) = world(Remote::Liaison, 1, NONE, 2);
    let sent = talk(&mut world, &threads, 100);
    world.run(3 * MINUTE);
    check(&world, &sent);
}

#[test]
fn frames_and_requests_and_answers_are_lost_doubled_and_late() {
    for seed in 0..40 {
        let (mut world, threads) = world(Remote::Liaison, seed, BAD, 3);
        let sent = talk(&mut world, &threads, 60);
        settle(&mut world);
        check(&world, &sent);
    }
}

#[test]
fn apps_and_the_service_stop_and_start_at_any_time() {
    for seed in 100..140 {
        let (mut world, threads) = world(Remote::Liaison, seed, BAD, 3);
        let sent = talk(&mut world, &threads, 60);
        for _ in 0..12 {
            let (after, client) = (world.dice.millis(120_000), world.dice.below(3) as usize);
            match world.dice.below(3) {
                0 => world.restart(after, client),
                1 => world.disconnect(after, client),
                _ => world.service_restart(after),
            }
        }
        world.run(2 * MINUTE);
        // What was queued while a process was down was queued by the next one: none is lost.
        settle(&mut world);
        check(&world, &sent);
    }
}

#[test]
fn against_acs_a_message_is_looked_for_before_it_is_sent_again() {
    for seed in 200..230 {
        let (mut world, threads) = world(Remote::Acs, seed, BAD, 2);
        let sent = talk(&mut world, &threads, 60);
        settle(&mut world);
        check(&world, &sent);
    }
}

#[test]
fn one_who_is_removed_and_added_again_sees_what_they_may_in_order() {
    for seed in 300..320 {
        let (mut world, threads) = world(Remote::Liaison, seed, BAD, 1);
        let thread = &threads[0];
        let ben = actor("ben").raw_id;
        talk(&mut world, &threads, 40);
        for n in 0..3 {
            let remove = QueuedCommand::RemoveParticipant { raw_id: ben.clone() };
            let add = QueuedCommand::AddParticipants { participants: vec![participant("ben")] };
            world.queue(Duration::from_secs(10 + 30 * n), 0, Some(thread), remove);
            world.queue(Duration::from_secs(25 + 30 * n), 0, Some(thread), add);
            let after = world.dice.millis(90_000);
            world.disconnect(after, 1);
        }
        settle(&mut world);
        for client in [0, 2] {
            each_event_once_and_in_order(&world, client);
        }
        let book = &world.books[thread];
        let row = &book.rows[&ben];
        let seen = &world.clients[1].disk.seen[thread];
        let place = |seen: &Seen| match seen {
            Seen::Event(sequence) | Seen::MissedTo(sequence) => *sequence,
        };
        assert!(seen.windows(2).all(|pair| place(&pair[0]) < place(&pair[1])), "{seen:?}");
        // Nothing is left out without being told so, and all since the last addition is there.
        let mut next = 1;
        for seen in seen {
            match seen {
                Seen::Event(sequence) => assert_eq!(*sequence, next),
                Seen::MissedTo(sequence) => assert!(*sequence >= next && *sequence < row.joined_event.0),
            }
            next = place(seen) + 1;
        }
        assert_eq!(next, book.heads().event.0 + 1);
        assert!(seen.contains(&Seen::Event(row.joined_event.0)));
    }
}

#[test]
fn edits_and_receipts_queued_offline_are_done_once() {
    for seed in 400..410 {
        let (mut world, threads) = world(Remote::Liaison, seed, BAD, 1);
        let thread = &threads[0];
        let id = world.queue(Duration::from_millis(1), 1, Some(thread), say("first".into()));
        world.run(3 * MINUTE);
        let Some(Settlement::Done(Made::Message(message))) = world.clients[1].disk.settled.get(&id).cloned()
        else {
            panic!()
        };
        for n in 0..5 {
            let content = Some(Text::from(format!("edit {n}")));
            let edit = QueuedCommand::EditMessage { message, content, metadata: MetadataPatch::Keep };
            world.queue(Duration::from_secs(n), 1, Some(thread), edit);
        }
        world.queue(Duration::from_secs(2), 0, Some(thread), QueuedCommand::SendReadReceipt { message });
        world.disconnect(Duration::from_secs(1), 1);
        settle(&mut world);
        let book = &world.books[thread];
        let last = book.messages[&message].content.as_ref().unwrap().message.clone();
        assert_eq!(last, Some(Text::from("edit 4")), "in the order of queueing");
        assert_eq!(book.receipts.len(), 1);
        (0..3).for_each(|client| each_event_once_and_in_order(&world, client));
    }
}

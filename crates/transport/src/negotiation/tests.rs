use super::table::diagram;
use super::*;

fn drain(negotiation: &mut Negotiation) -> Vec<Action> {
    std::iter::from_fn(|| negotiation.poll()).collect()
}

fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}

/// An offerer whose answer has come, at `now`.
fn connecting(now: Instant) -> Negotiation {
    let mut offerer = Negotiation::new(true, false, Times::default());
    offerer.handle(now, Input::Start);
    assert_eq!(drain(&mut offerer), [Action::Offer]);
    offerer.handle(now, Input::RemoteAnswer);
    assert_eq!(drain(&mut offerer), [Action::Apply, Action::WatchSetup]);
    offerer
}

#[test]
fn the_table_is_the_diagram() {
    insta::assert_snapshot!(diagram());
}

#[test]
fn no_two_rows_answer_the_same_case() {
    for (index, row) in TABLE.iter().enumerate() {
        for other in &TABLE[index + 1..] {
            if row.from == other.from && row.on == other.on {
                let apart = matches!(
                    (row.when, other.when),
                    (When::Ours, When::Theirs) | (When::Beside, When::Alone)
                );
                assert!(apart, "{:?} on {:?} is there twice", row.from, row.on);
            }
        }
    }
}

#[test]
fn an_offer_waits_for_its_answer_without_a_watchdog() {
    let now = Instant::now();
    let mut offerer = Negotiation::new(true, false, Times::default());
    offerer.handle(now, Input::Start);
    drain(&mut offerer);
    // Ringing may take 85 s and more.
    assert_eq!(offerer.deadline(), None);
    offerer.tick(now + Duration::from_secs(600));
    assert_eq!(offerer.state(), State::Offered);
    assert!(offerer.awaits_answer(1));
}

#[test]
fn a_stalled_setup_is_offered_again_with_a_higher_revision_and_growing_patience() {
    let mut now = Instant::now();
    let mut offerer = connecting(now);
    let mut waits = Vec::new();
    for revision in 2..=4 {
        let at = offerer.deadline().expect("a watchdog");
        waits.push(at - now);
        offerer.tick(at - ms(1));
        assert_eq!(offerer.state(), State::Connecting);
        offerer.tick(at);
        assert_eq!(drain(&mut offerer), [Action::DropPending, Action::Offer]);
        assert_eq!(offerer.revision(), revision);
        assert!(!offerer.awaits_answer(revision - 1), "the answer of an old revision is not awaited");
        now = at + ms(30);
        offerer.handle(now, Input::RemoteAnswer);
        drain(&mut offerer);
    }
    assert_eq!(waits, [ms(1200), ms(1800), ms(2700)]);
}

#[test]
fn progress_gives_the_setup_more_time() {
    let now = Instant::now();
    let mut offerer = connecting(now);
    offerer.progress(now + ms(1100));
    offerer.tick(now + ms(1300));
    assert_eq!(offerer.state(), State::Connecting);
    offerer.tick(now + ms(2300));
    assert_eq!(offerer.state(), State::Offered);
}

#[test]
fn a_slow_network_gets_more_patience() {
    let now = Instant::now();
    let mut offerer = connecting(now);
    offerer.set_round_trip(ms(100));
    assert_eq!(offerer.deadline(), Some(now + ms(1200)));
    offerer.set_round_trip(ms(700));
    assert_eq!(offerer.deadline(), Some(now + ms(2400)));
    offerer.tick(now + ms(2399));
    assert_eq!(offerer.state(), State::Connecting);
    offerer.tick(now + ms(2400));
    assert_eq!(offerer.state(), State::Offered);
}

#[test]
fn the_answerer_waits_for_the_offerer_to_build_anew() {
    let now = Instant::now();
    let mut answerer = Negotiation::new(false, false, Times::default());
    assert!(answerer.accepts_offer(1));
    answerer.remote_offer(now, 1);
    assert_eq!(drain(&mut answerer), [Action::Answer, Action::WatchSetup]);
    answerer.tick(now + Duration::from_secs(5));
    assert_eq!(drain(&mut answerer), [Action::WatchSetup]);
    assert!(answerer.accepts_offer(2));
    assert!(!answerer.accepts_offer(1), "an offer seen already");
    answerer.remote_offer(now + Duration::from_secs(6), 2);
    assert_eq!(drain(&mut answerer), [Action::DropPending, Action::Answer, Action::WatchSetup]);
}

#[test]
fn the_setup_time_ends_every_attempt() {
    let now = Instant::now();
    let mut offerer = connecting(now);
    let end = now + Duration::from_secs(30);
    while offerer.state() != State::Failed {
        let at = offerer.deadline().expect("something to wait for");
        assert!(at <= end);
        offerer.tick(at);
        drain(&mut offerer);
        if offerer.state() == State::Offered {
            offerer.handle(at + ms(30), Input::RemoteAnswer);
        }
    }
    assert!(offerer.attempts() >= 5, "{} attempts", offerer.attempts());
}

#[test]
fn an_unheard_peer_leads_to_a_new_connection_but_not_for_ever() {
    let mut now = Instant::now();
    let mut offerer = connecting(now);
    for round in 0..3 {
        offerer.handle(now, Input::Connected);
        drain(&mut offerer);
        assert_eq!(offerer.state(), State::Up);
        now += ms(3000);
        offerer.tick(now);
        if round < 2 {
            assert_eq!(drain(&mut offerer), [Action::DropActive, Action::Offer]);
            offerer.handle(now, Input::RemoteAnswer);
            drain(&mut offerer);
        } else {
            assert_eq!(drain(&mut offerer), []);
        }
    }
}

#[test]
fn a_peer_that_was_heard_ends_the_watch() {
    let now = Instant::now();
    let mut offerer = connecting(now);
    offerer.handle(now, Input::Connected);
    drain(&mut offerer);
    offerer.handle(now, Input::Confirmed);
    assert_eq!(drain(&mut offerer), [Action::Unwatch]);
    assert_eq!(offerer.deadline(), None);
}

#[test]
fn of_two_offers_at_once_the_first_offerers_stands() {
    let now = Instant::now();
    let up = |first: bool| {
        let mut side = Negotiation::new(first, false, Times::default());
        if first {
            side.handle(now, Input::Start);
            side.handle(now, Input::RemoteAnswer);
        } else {
            side.remote_offer(now, 1);
        }
        side.handle(now, Input::Connected);
        drain(&mut side);
        side.handle(now, Input::Restart);
        assert_eq!(drain(&mut side), [Action::Offer]);
        side
    };
    let (offerer, mut answerer) = (up(true), up(false));
    assert_eq!((offerer.revision(), answerer.revision()), (2, 2));
    assert!(!offerer.accepts_offer(2));
    assert!(answerer.accepts_offer(2));
    answerer.remote_offer(now, 2);
    assert_eq!(drain(&mut answerer), [Action::DropPending, Action::Answer, Action::WatchSetup]);
    assert!(!answerer.awaits_answer(2));
}

#[test]
fn a_fixed_port_gives_up_the_old_connection_first() {
    let now = Instant::now();
    let mut side = Negotiation::new(true, true, Times::default());
    side.handle(now, Input::Start);
    side.handle(now, Input::RemoteAnswer);
    side.handle(now, Input::Connected);
    drain(&mut side);
    side.handle(now, Input::Restart);
    assert_eq!(drain(&mut side), [Action::DropActive, Action::Offer]);
}

#[test]
fn a_connection_that_cannot_be_built_is_tried_with_pauses() {
    let mut now = Instant::now();
    let start = now;
    let mut offerer = Negotiation::new(true, false, Times::default());
    offerer.handle(now, Input::Start);
    for _ in 0..50 {
        drain(&mut offerer);
        offerer.handle(now, Input::PendingDied);
        if let Some(at) = offerer.deadline() {
            now = at;
            offerer.tick(now);
        }
    }
    assert!(now - start > Duration::from_secs(60), "{:?}", now - start);
}

#[test]
fn close_ends_everything_from_everywhere() {
    let now = Instant::now();
    let mut offerer = connecting(now);
    offerer.handle(now, Input::Close);
    assert_eq!(drain(&mut offerer), [Action::DropPending, Action::DropActive]);
    offerer.handle(now, Input::Connected);
    offerer.handle(now, Input::Restart);
    assert!(!offerer.accepts_offer(9));
    assert_eq!(drain(&mut offerer), []);
    assert_eq!(offerer.deadline(), None);
}

#[test]
fn silence_interrupts_after_three_seconds_and_any_packet_restores() {
    let now = Instant::now();
    let mut liveness = Liveness::new(Duration::from_secs(3));
    assert_eq!(liveness.tick(now, 0, true), None, "not started");
    liveness.start(now, 0);
    assert_eq!(liveness.tick(now + ms(100), 1, true), None);
    assert_eq!(liveness.tick(now + ms(3050), 1, true), None);
    assert_eq!(liveness.tick(now + ms(3100), 1, true), Some(LivenessEvent::Interrupted));
    assert_eq!(liveness.tick(now + ms(3200), 1, true), None);
    assert_eq!(liveness.tick(now + ms(8100), 1, true), Some(LivenessEvent::Rebuild));
    assert_eq!(liveness.tick(now + ms(8200), 1, true), None);
    assert_eq!(liveness.tick(now + ms(8300), 2, true), Some(LivenessEvent::Restored));
    assert_eq!(liveness.tick(now + ms(11000), 2, true), None);
}

#[test]
fn a_long_silence_has_its_steps() {
    use LivenessEvent::{ConsentExpired, Interrupted, Rebuild};
    let steps = |ours: bool| {
        let now = Instant::now();
        let mut liveness = Liveness::new(Duration::from_secs(3));
        liveness.start(now, 0);
        let mut told = Vec::new();
        for seconds in 1..40 {
            told.extend(liveness.tick(now + ms(seconds * 1000), 0, ours).map(|event| (seconds, event)));
        }
        told
    };
    let ours =
        [(3, Interrupted), (8, Rebuild), (16, Rebuild), (24, Rebuild), (30, ConsentExpired), (32, Rebuild)];
    assert_eq!(steps(true), ours);
    assert_eq!(steps(false), [(3, Interrupted), (16, Rebuild), (30, ConsentExpired), (32, Rebuild)]);
}

#[test]
fn an_interruption_can_be_told_sooner() {
    for (asked_ms, told_ms) in [(1_500, 1_500), (100, 1_000), (60_000, 3_000)] {
        let start = Instant::now();
        let mut liveness = Liveness::new(Duration::from_millis(asked_ms));
        liveness.start(start, 0);
        assert_eq!(liveness.tick(start + Duration::from_millis(told_ms - 1), 0, true), None);
        let told = liveness.tick(start + Duration::from_millis(told_ms), 0, true);
        assert_eq!(told, Some(LivenessEvent::Interrupted), "{asked_ms} ms");
    }
}

//! What every backend does, written once and run against each.
#![allow(clippy::expect_used, clippy::panic, reason = "this is test code, outside of `#[test]` as well")]

mod common;

use std::time::Duration;

use common::{Kind, description, eventually, open_apart, open_impaired, open_pair, talk};
use liaison_transport::{Description, DescriptionKind, SendError, SessionEvent, TransportError};

const SOON: Duration = Duration::from_secs(10);

async fn media_flows_both_ways_byte_for_byte(kind: Kind) {
    let mut pair = open_pair(kind, |a, b| {
        // The offer's payload type is the one that both use.
        a.audio.payload_type = 96;
        b.audio.payload_type = 111;
    })
    .await;
    let mut agreed = Vec::new();
    for side in [&mut pair.a, &mut pair.b] {
        let connected = side.wait(SOON, |event| match event {
            SessionEvent::Connected { ssrc, audio, .. } => Some((*ssrc, audio.payload_type)),
            _ => None,
        });
        agreed.push(connected.await.expect("connected").1);
    }
    assert_eq!(agreed, [(0x0a0a_0a0a, 96), (0x0b0b_0b0b, 96)]);
    let mut said = Vec::new();
    for _ in 0..200 {
        let number = pair.a.say().expect("a says");
        assert_eq!(pair.b.say(), Ok(number));
        said.push(number);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    for (heard, ssrc) in [(&pair.a.heard, 0x0b0b_0b0b), (&pair.b.heard, 0x0a0a_0a0a)] {
        assert!(eventually(SOON, || heard.count() == 200).await, "{} of 200", heard.count());
        let packets = heard.packets.lock().expect("what was heard");
        for ((_, packet), number) in packets.iter().zip(&said) {
            assert_eq!((packet.ssrc, packet.payload_type), (ssrc, 96));
            assert_eq!(packet.sequence, *number);
            assert_eq!(packet.timestamp, u32::from(*number) * 960);
            assert_eq!(packet.marker, number % 50 == 0);
            let mut expected = vec![0x5a; 40 + usize::from(number % 60)];
            expected[..2].copy_from_slice(&number.to_be_bytes());
            assert_eq!(packet.payload, expected, "packet {number}");
        }
    }
    pair.close().await;
}

/// Redundant audio and telephone events keep their own payload types on the whole way, also when the first packet is one.
async fn other_formats_keep_their_payload_types(kind: Kind) {
    let mut pair = open_pair(kind, |a, b| {
        (a.audio.payload_type, b.audio.payload_type) = (96, 111);
        (a.audio.stereo, b.audio.stereo) = (true, true);
        b.audio.dred = false;
    })
    .await;
    let (a, b) = (pair.a.agreed(SOON).await.expect("a"), pair.b.agreed(SOON).await.expect("b"));
    for audio in [a, b] {
        assert_eq!(audio.payload_type, 96);
        assert_eq!(audio.red_payload_type, Some(63));
        assert_eq!(audio.telephone_event_payload_type, Some(110));
        assert!(audio.fec && !audio.dred);
        assert_eq!((audio.channels, audio.receive_channels), (2, 2));
        assert_eq!((audio.min_packet_time_ms, audio.max_packet_time_ms), (10, 120));
        assert!(audio.overhead_bytes_per_packet >= 56);
    }
    let said: [(u8, &[u8]); 4] = [(63, b"red"), (96, b"opus"), (110, b"event"), (63, b"red again")];
    for (payload_type, payload) in said {
        pair.a.say_as(payload_type, payload).expect("a says");
        pair.b.say_as(payload_type, payload).expect("b says");
    }
    for heard in [&pair.a.heard, &pair.b.heard] {
        assert!(eventually(SOON, || heard.count() == 4).await, "{} of 4", heard.count());
        let packets = heard.packets.lock().expect("what was heard");
        let got: Vec<(u8, &[u8])> =
            packets.iter().map(|(_, packet)| (packet.payload_type, &packet.payload[..])).collect();
        assert_eq!(got, said);
    }
    pair.close().await;
}

async fn a_peer_that_lacks_a_format_gets_none_of_it(kind: Kind) {
    let mut pair = open_pair(kind, |_, b| {
        (b.audio.red, b.audio.telephone_event, b.audio.dred, b.audio.fec) = (false, false, false, false);
    })
    .await;
    for side in [&mut pair.a, &mut pair.b] {
        let audio = side.agreed(SOON).await.expect("connected");
        assert_eq!((audio.payload_type, audio.red_payload_type), (111, None));
        assert_eq!((audio.telephone_event_payload_type, audio.dred, audio.channels), (None, false, 1));
    }
    // Said all the same, it is Opus to both.
    pair.a.say_as(63, b"what").expect("a says");
    assert!(eventually(SOON, || pair.b.heard.count() == 1).await);
    assert_eq!(pair.b.heard.packets.lock().expect("what was heard")[0].1.payload_type, 111);
    pair.close().await;
}

async fn a_whole_cycle_of_sequence_numbers_gets_through(kind: Kind) {
    let mut pair = open_pair(kind, |_, _| {}).await;
    pair.connected(SOON).await.expect("connected");
    let mut sent = 0;
    // More than 65,536 packets would take long: the numbers advance in steps, as after a silence.
    for round in 0..140u32 {
        for _ in 0..4 {
            sent += u64::from(pair.a.say().is_ok());
        }
        pair.a.skip(500);
        let heard = &pair.b.heard;
        assert!(
            eventually(SOON, || heard.count() == sent).await,
            "round {round}: {} of {sent}",
            heard.count()
        );
    }
    assert_eq!(sent, 560);
    pair.close().await;
}

async fn round_trip_and_loss_are_measured(kind: Kind) {
    let (mut pair, _network) = open_impaired(kind, 10, Duration::from_millis(15), 7).await;
    pair.connected(SOON).await.expect("connected");
    assert_eq!(pair.a.session.stats().rtt.filter(|rtt| *rtt > Duration::from_secs(1)), None);
    talk(&mut pair, 250).await;
    for side in [&pair.a, &pair.b] {
        let sent = || side.session.stats().packets_sent == 250;
        assert!(eventually(SOON, sent).await, "{:?}", side.session.stats());
        let stats = side.session.stats();
        let rtt = stats.rtt.expect("a round trip");
        assert!(rtt >= Duration::from_millis(28) && rtt < Duration::from_millis(60), "{rtt:?}");
        assert!(stats.packets_received < 250 && stats.packets_received > 180, "{stats:?}");
        assert!((8..=50).contains(&stats.packets_lost), "{stats:?}");
        let remote = stats.remote_packets_lost.expect("the peer's count");
        assert!((5..=50).contains(&remote), "{stats:?}");
        assert!(stats.remote_fraction_lost.is_some_and(|lost| lost < 0.5), "{stats:?}");
        assert!(stats.jitter < Duration::from_millis(30), "{stats:?}");
        assert!(stats.bytes_sent > 250 * 40 && stats.setup.is_some() && stats.attempts >= 1, "{stats:?}");
        assert!(stats.candidate_pair.is_some_and(|pair| pair.contains("<->")));
    }
    pair.close().await;
}

async fn a_restart_loses_no_media(kind: Kind) {
    let mut pair = open_pair(kind, |_, _| {}).await;
    pair.connected(SOON).await.expect("connected");
    for (from_a, revision) in [(true, 2), (false, 3)] {
        let side = if from_a { &pair.a } else { &pair.b };
        side.session.restart_ice().await;
        talk(&mut pair, 60).await;
        pair.connected(SOON).await.expect("connected again");
        let offers = if from_a { &pair.a } else { &pair.b };
        assert_eq!(offers.revisions().last(), Some(&revision));
    }
    talk(&mut pair, 10).await;
    for heard in [&pair.a.heard, &pair.b.heard] {
        assert!(eventually(SOON, || heard.count() >= 128).await, "{} of 130", heard.count());
        let mut numbers: Vec<u16> =
            heard.packets.lock().expect("what was heard").iter().map(|(_, packet)| packet.sequence).collect();
        let count = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), count, "nothing came twice");
    }
    pair.close().await;
}

async fn two_restarts_at_once_end_in_one_connection(kind: Kind) {
    let mut pair = open_pair(kind, |_, _| {}).await;
    pair.connected(SOON).await.expect("connected");
    tokio::join!(pair.a.session.restart_ice(), pair.b.session.restart_ice());
    pair.connected(SOON).await.expect("connected again");
    talk(&mut pair, 20).await;
    let before = (pair.a.heard.count(), pair.b.heard.count());
    talk(&mut pair, 20).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let after = (pair.a.heard.count(), pair.b.heard.count());
    assert!(after.0 - before.0 >= 18 && after.1 - before.1 >= 18, "{before:?} {after:?}");
    pair.close().await;
}

async fn a_closed_session_says_so(kind: Kind) {
    let mut pair = open_pair(kind, |_, _| {}).await;
    pair.connected(SOON).await.expect("connected");
    let session = std::sync::Arc::clone(&pair.a.session);
    session.close().await;
    assert_eq!(pair.a.say(), Err(SendError::Closed));
    assert_eq!(session.next_event().await, None);
    let description = pair.b.sent.lock().expect("the notes")[0].clone();
    assert_eq!(session.set_remote(description).await, Err(TransportError::Closed));
    assert_eq!(session.add_candidate(1, "candidate:".into()).await, Err(TransportError::Closed));
    session.restart_ice().await;
    session.close().await;
    assert!(session.stats().attempts >= 1);
    let interrupted = |event: &SessionEvent| matches!(event, SessionEvent::Interrupted).then_some(());
    pair.b.wait(SOON, interrupted).await.expect("the other side notices the silence");
    pair.close().await;
}

async fn packets_before_the_connection_are_refused(kind: Kind) {
    let mut pair = open_pair(kind, |_, _| {}).await;
    assert_eq!(pair.b.say(), Err(SendError::NotConnected));
    assert_eq!(pair.b.session.stats().packets_dropped, 1);
    pair.connected(SOON).await.expect("connected");
    assert!(pair.b.say().is_ok());
    pair.close().await;
}

async fn a_bad_description_changes_nothing(kind: Kind) {
    let mut pair = open_pair(kind, |_, _| {}).await;
    pair.connected(SOON).await.expect("connected");
    let offer = pair.a.sent.lock().expect("the notes")[0].clone();
    let mut bad = vec![
        String::new(),
        "hello".into(),
        "v=0\r\n".into(),
        "\u{0}\u{1}".into(),
        "v=0\r\n".repeat(100_000),
        offer.sdp.replace("m=audio", "m=video"),
        offer.sdp.replace("a=fingerprint", "a=nothing"),
    ];
    let codec = offer.sdp.find("a=rtpmap").expect("the codec's line");
    bad.extend((1..10).map(|tenth| offer.sdp[..codec * tenth / 10].to_owned()));
    for sdp in bad {
        let description = Description { revision: 9, kind: DescriptionKind::Offer, sdp };
        let cut = description.sdp.len();
        match pair.b.session.set_remote(description).await {
            Err(TransportError::BadDescription(why)) => assert!(!why.is_empty()),
            other => panic!("{other:?} for {cut} bytes"),
        }
    }
    let unheard_of = Description { revision: 7, kind: DescriptionKind::Answer, sdp: offer.sdp.clone() };
    let outcome = pair.a.session.set_remote(unheard_of).await;
    assert!(matches!(outcome, Err(TransportError::UnexpectedDescription(_))), "{outcome:?}");
    for bad in ["", "candidate:", "x".repeat(2000).as_str()] {
        let outcome = pair.a.session.add_candidate(1, bad.into()).await;
        assert!(matches!(outcome, Err(TransportError::BadCandidate(_))), "{outcome:?}");
    }
    let before = pair.b.heard.count();
    talk(&mut pair, 10).await;
    let heard = &pair.b.heard;
    assert!(eventually(SOON, || heard.count() == before + 10).await, "the call goes on");
    pair.close().await;
}

async fn a_bad_answer_can_be_followed_by_a_good_one(kind: Kind) {
    let (a, b) = open_apart(kind).await;
    let offer = description(&*a).await;
    b.set_remote(offer).await.expect("a good offer");
    let answer = description(&*b).await;
    let bad = Description { sdp: answer.sdp.replace("opus", "g722"), ..answer.clone() };
    assert!(matches!(a.set_remote(bad).await, Err(TransportError::BadDescription(_))));
    let stale = Description { revision: 0, ..answer.clone() };
    assert_eq!(a.set_remote(stale).await, Ok(()), "an old answer is ignored");
    a.set_remote(answer.clone()).await.expect("a good answer");
    assert_eq!(a.set_remote(answer).await, Ok(()), "the same again is ignored");
    for session in [&a, &b] {
        let event = tokio::time::timeout(SOON, session.next_event()).await.expect("in time");
        assert!(matches!(event, Some(SessionEvent::Connected { .. })), "{event:?}");
    }
    tokio::join!(a.close(), b.close());
}

async fn the_answer_to_an_old_offer_is_ignored(kind: Kind) {
    let (a, b) = open_apart(kind).await;
    let first = description(&*a).await;
    b.set_remote(first.clone()).await.expect("a good offer");
    let old_answer = description(&*b).await;
    a.restart_ice().await;
    let second = description(&*a).await;
    assert_eq!((first.revision, second.revision), (1, 2));
    assert_eq!(a.set_remote(old_answer).await, Ok(()));
    b.set_remote(second).await.expect("a newer offer");
    assert_eq!(b.set_remote(first).await, Ok(()), "an old offer is ignored");
    let answer = description(&*b).await;
    assert_eq!(answer.revision, 2);
    a.set_remote(answer).await.expect("its answer");
    for session in [&a, &b] {
        let event = tokio::time::timeout(SOON, session.next_event()).await.expect("in time");
        assert!(matches!(event, Some(SessionEvent::Connected { .. })), "{event:?}");
    }
    tokio::join!(a.close(), b.close());
}

async fn silence_is_told_after_three_seconds_and_its_end_as_well(kind: Kind) {
    let (mut pair, network) = open_impaired(kind, 0, Duration::from_millis(15), 3).await;
    pair.connected(SOON).await.expect("connected");
    talk(&mut pair, 25).await;
    network.pause(true);
    let paused = std::time::Instant::now();
    let interrupted = |event: &SessionEvent| matches!(event, SessionEvent::Interrupted).then_some(());
    for side in [&mut pair.a, &mut pair.b] {
        let (at, ()) = side.wait(SOON, interrupted).await.expect("interrupted");
        let silence = at - paused;
        assert!(
            silence > Duration::from_millis(2800) && silence < Duration::from_millis(4500),
            "{silence:?}"
        );
    }
    network.pause(false);
    let resumed = std::time::Instant::now();
    let restored = |event: &SessionEvent| match event {
        SessionEvent::Restored => Some(()),
        SessionEvent::Failed(_) => panic!("failed"),
        _ => None,
    };
    for side in [&mut pair.a, &mut pair.b] {
        let (at, ()) = side.wait(SOON, restored).await.expect("restored");
        assert!(at - resumed < Duration::from_millis(2500), "{:?}", at - resumed);
    }
    let before = pair.a.heard.count();
    talk(&mut pair, 25).await;
    assert!(pair.a.heard.count() > before + 15);
    pair.close().await;
}

async fn a_session_outlives_a_long_outage(kind: Kind) {
    let (mut pair, network) = open_impaired(kind, 0, Duration::from_millis(15), 4).await;
    pair.connected(SOON).await.expect("connected");
    talk(&mut pair, 10).await;
    network.pause(true);
    // Longer than the side that offered waits before it builds a new connection.
    tokio::time::sleep(Duration::from_secs(11)).await;
    network.pause(false);
    let restored = |event: &SessionEvent| match event {
        SessionEvent::Restored => Some(()),
        SessionEvent::Failed(_) => panic!("failed"),
        _ => None,
    };
    let (a, b) = tokio::join!(pair.a.wait(SOON, restored), pair.b.wait(SOON, restored));
    assert!(a.is_some() && b.is_some());
    let (heard_a, heard_b) = (pair.a.heard.count(), pair.b.heard.count());
    talk(&mut pair, 50).await;
    assert!(pair.a.heard.count() >= heard_a + 40, "{} more", pair.a.heard.count() - heard_a);
    assert!(pair.b.heard.count() >= heard_b + 40, "{} more", pair.b.heard.count() - heard_b);
    pair.close().await;
}

async fn without_a_path_the_setup_fails_in_time(kind: Kind) {
    let (pair, network) = open_impaired(kind, 0, Duration::from_millis(1), 5).await;
    pair.close().await;
    network.pause(true);
    let mut pair = open_pair_failing(kind, &network).await;
    let failed = |event: &SessionEvent| match event {
        SessionEvent::Failed(reason) => Some(reason.to_string()),
        _ => None,
    };
    let (a, b) = tokio::join!(pair.a.wait(SOON, failed), pair.b.wait(SOON, failed));
    let (a, b) = (a.expect("a fails").1, b.expect("b fails").1);
    assert!(a.contains("no path for UDP") && b.contains("no path for UDP"), "{a}; {b}");
    assert!(pair.a.session.stats().attempts >= 2, "the watchdog tried again");
    pair.close().await;
}

async fn open_pair_failing(kind: Kind, network: &common::Network) -> common::Pair {
    common::open_over(kind, network, |a, b| {
        a.setup_timeout = Duration::from_secs(4);
        b.setup_timeout = Duration::from_secs(4);
    })
    .await
}

macro_rules! conforms {
    ($($test:ident),* $(,)?) => {
        mod webrtc { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { super::$test(super::Kind::Webrtc).await; }
        )* }
        mod fake { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { super::$test(super::Kind::Fake).await; }
        )* }
    };
}

conforms!(
    media_flows_both_ways_byte_for_byte,
    other_formats_keep_their_payload_types,
    a_peer_that_lacks_a_format_gets_none_of_it,
    a_whole_cycle_of_sequence_numbers_gets_through,
    round_trip_and_loss_are_measured,
    a_restart_loses_no_media,
    two_restarts_at_once_end_in_one_connection,
    a_closed_session_says_so,
    packets_before_the_connection_are_refused,
    a_bad_description_changes_nothing,
    a_bad_answer_can_be_followed_by_a_good_one,
    the_answer_to_an_old_offer_is_ignored,
    silence_is_told_after_three_seconds_and_its_end_as_well,
    a_session_outlives_a_long_outage,
    without_a_path_the_setup_fails_in_time,
);

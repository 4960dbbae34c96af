use std::fmt::{Debug, Write as _};

use super::{Next, Row, call, leg, recording};
use crate::{CallPhase, RecordingState};

fn undecided<S: Copy + PartialEq + Debug, I: Copy + PartialEq + Debug, A>(
    table: &[Row<S, I, A>],
    states: &[S],
    inputs: &[I],
) -> Vec<String> {
    let mut wrong = Vec::new();
    for state in states {
        for input in inputs {
            let rows = table.iter().filter(|row| row.from.contains(state) && row.on.contains(input)).count();
            if rows != 1 {
                wrong.push(format!("{state:?} × {input:?}: {rows} rows"));
            }
        }
    }
    wrong
}

fn names<T: Debug>(things: &[T], separator: &str) -> String {
    things.iter().map(|thing| format!("{thing:?}")).collect::<Vec<_>>().join(separator)
}

/// The part as a mermaid diagram, and below it, as comments, what is done or ignored without a transition.
fn diagram<S: Debug + PartialEq, I: Debug, A: Debug>(title: &str, table: &[Row<S, I, A>]) -> String {
    let mut text = format!("---\ntitle: {title}\n---\nstateDiagram-v2\n");
    let label = |row: &Row<S, I, A>| match row.actions {
        [] => names(row.on, " | "),
        actions => format!("{} / {}", names(row.on, " | "), names(actions, ", ")),
    };
    for row in table {
        if let Next::Go(next) = &row.next {
            for from in row.from {
                let _ = writeln!(text, "    {from:?} --> {next:?}: {}", label(row));
            }
        }
    }
    for (verb, quiet) in [("does", false), ("ignores", true)] {
        for row in table.iter().filter(|row| row.next == Next::Stay && row.actions.is_empty() == quiet) {
            let _ = writeln!(text, "    %% {} {verb}: {}", names(row.from, ", "), label(row));
        }
    }
    text
}

macro_rules! all {
    ($path:path: $($name:ident),* $(,)?) => {{
        use $path as Of;
        // A variant that is missing here makes this match incomplete.
        #[allow(dead_code, reason = "it only has to compile")]
        fn complete(it: Of) {
            match it { $(Of::$name => {})* }
        }
        vec![$(Of::$name),*]
    }};
}

fn leg_inputs() -> Vec<leg::On> {
    all!(leg::On: AppStart, AppAccept, AppReject, AppHangUp, AppMute, AppHold, AppResume, AppAnnounce,
        AppEndRecording, AppNoticeShown, Incoming, IncomingGlare, IncomingBusy, GlareOver, Admitted, Waking, Ringing,
        Accepted, Ended, Merged, MergedInto, RemoteOffer, RemoteAnswer, StaleDescription, RemoteCandidate, PeerMuted,
        PeerHeld, PeerResumed, PeerLink, PeerGone, PeerGoneSilent, Recording, NoticeAcknowledged, Lobby, LobbyLeft,
        Problem, LocalOffer, LocalAnswer, LocalCandidate, MediaConnected, MediaInterrupted, MediaRestored, MediaFailed,
        RingDue, SetupDue, MediaSetupDue, ReconnectDue, MediaLostDue, LeavingDue)
}

#[test]
fn every_pair_is_decided_once() {
    let legs = all!(leg::Leg: New, Preparing, Dialing, Waking, Alerting, Held, Offered, Answering, Confirming,
        Connected, LocalHold, RemoteHold, BothHold, Lobby, Leaving, Over);
    // `Over` is no state a leg is kept in.
    assert_eq!(undecided(leg::TABLE, &legs[..legs.len() - 1], &leg_inputs()), Vec::<String>::new());

    let phases = all!(CallPhase: Admitting, Waking, Ringing, Connected, Ended);
    let inputs = all!(call::On: AdmittedHere, AdmittedAway, AdmittedNowhere, AdmittedBusy, AdmittedGlare, Adopted, Refused,
        AdmissionDue, WonGlare, LostGlare, DeviceAppeared, DeviceBack, DeviceRinging, DeviceDeclined, LastDeclined,
        Accept, AcceptAgain, AcceptLate, InviteAgain, Cancel, CallerDetached, CallerAttached, CallerGone, HangUp,
        Offer, Answer, StaleDescription, Candidate, Mute, Hold, Recording, Unnoticed, LegDetached, LegAttached,
        LegGone, LastLegGone, Removed, Repeated, OutOfPlace, NoAnswerDue, ReachDue, MaxDurationDue);
    assert_eq!(undecided(call::TABLE, &phases[..phases.len() - 1], &inputs), Vec::<String>::new());

    let states = all!(RecordingState: None, Announced, Active, Refused, Ended);
    let inputs = all!(recording::On: Announce, End, Notice, LastNotice, NoticeDue, AnnouncerLeft);
    assert_eq!(undecided(recording::TABLE, &states, &inputs), Vec::<String>::new());
}

#[test]
fn the_diagram_is_as_committed() {
    let text = [
        diagram("A leg, at the endpoint", leg::TABLE),
        diagram("A call, at the switchboard", call::TABLE),
        diagram("The recording of a call, at the switchboard", recording::TABLE),
    ]
    .join("\n");
    insta::assert_snapshot!("call_state_machine", text);
}

/// The switchboard tells nothing that it has not written down.
#[test]
fn a_commit_stands_before_what_depends_on_it() {
    use call::Do::*;
    // Confirmations and answers to questions repeat what was committed before.
    let free = [
        TellCallerState,
        TellAnswerStands,
        TellAnsweredElsewhere,
        RefuseWrongState,
        ForwardCandidate,
        TellLinkDown,
        TellLinkUp,
        TellLinkGone,
        TellDeclined,
        Recording,
    ];
    for row in call::TABLE {
        let tells = row.actions.iter().position(|action| {
            let name = format!("{action:?}");
            (name.starts_with("Tell") || name.starts_with("Forward") || *action == Wake)
                && !free.contains(action)
        });
        let commits = row.actions.iter().position(|action| matches!(action, Commit | Finish));
        if let Some(tells) = tells {
            assert!(
                commits.is_some_and(|commits| commits < tells),
                "{:?} {:?}",
                names(row.from, ","),
                names(row.on, ",")
            );
        }
    }
    for row in recording::TABLE {
        use recording::Do::*;
        let tells = row.actions.iter().position(|action| matches!(action, TellAll | TellAcknowledged));
        let commits = row.actions.iter().position(|action| *action == Commit);
        if let Some(tells) = tells {
            assert!(commits.is_some_and(|commits| commits < tells), "{}", names(row.on, ","));
        }
    }
}

/// Nobody gets stuck: from every state of a call or a leg the end can be reached by time alone or by hanging up.
#[test]
fn every_state_has_a_way_out() {
    use leg::{Leg, On};
    for row_state in [
        Leg::Preparing,
        Leg::Dialing,
        Leg::Waking,
        Leg::Alerting,
        Leg::Held,
        Leg::Offered,
        Leg::Answering,
        Leg::Confirming,
        Leg::Leaving,
    ] {
        let timed = [On::RingDue, On::SetupDue, On::LeavingDue];
        let out =
            timed.into_iter().any(|on| super::decide(leg::TABLE, row_state, on).0 == Next::Go(Leg::Over));
        assert!(out, "{row_state:?}");
    }
    for row_state in [Leg::Connected, Leg::LocalHold, Leg::RemoteHold, Leg::BothHold, Leg::Lobby] {
        assert_eq!(super::decide(leg::TABLE, row_state, On::AppHangUp).0, Next::Go(Leg::Leaving));
        assert_eq!(super::decide(leg::TABLE, row_state, On::MediaLostDue).0, Next::Go(Leg::Over));
    }
}

//! What a session does next: offers, answers, revisions, and the watchdog over a setup. Pure.

mod liveness;
mod table;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

pub(crate) use liveness::{Liveness, LivenessEvent};
pub(crate) use table::{Action, Input, State};
use table::{TABLE, When};

/// Times of the watchdog. At 20 % loss each way and 30 ms round trip a setup takes 0.4 s at most,
/// and its longest pause without progress is half of that: a stall is told apart with a good margin. A longer round trip
/// gets more patience as soon as it is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// A setup that makes no progress for this long is built anew, the first time.
    pub(crate) stall: Duration,
    /// It grows by a half with each attempt, up to this.
    pub(crate) stall_longest: Duration,
    /// A connection over which the peer is not heard for this long, after it is up, is built anew.
    pub(crate) unheard: Duration,
    /// How long the whole setup may take.
    pub(crate) setup: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            stall: Duration::from_millis(1200),
            stall_longest: Duration::from_secs(8),
            unheard: Duration::from_secs(3),
            setup: Duration::from_secs(30),
        }
    }
}

/// At most this many connections are built anew because the peer was not heard: some peers send nothing.
const UNHEARD_REBUILDS: u32 = 2;

/// What the watchdog grants beside three round trips.
const SLACK: Duration = Duration::from_millis(300);

/// A connection that ends may be a peer that hangs up: so long we wait for word of it.
const HANG_UP: Duration = Duration::from_secs(1);

/// The decisions of one session.
#[derive(Debug)]
pub(crate) struct Negotiation {
    state: State,
    /// This side made the session's first offer. Its offers win a glare.
    first: bool,
    /// The local port is fixed, so that no second connection can be built beside the first.
    alone: bool,
    times: Times,
    revision: u32,
    ours: bool,
    attempts: u32,
    attempts_since_up: u32,
    ever_up: bool,
    heard: bool,
    unheard_rebuilds: u32,
    /// The watchdog: since when, and its patience.
    watch: Option<(Instant, Duration)>,
    /// Of the network, as far as it is known.
    round_trip: Duration,
    expires: Option<Instant>,
    retry: Option<(Instant, Input)>,
    actions: VecDeque<Action>,
}

impl Negotiation {
    pub(crate) fn new(first: bool, alone: bool, times: Times) -> Self {
        Self {
            state: State::Idle,
            first,
            alone,
            times,
            revision: 0,
            ours: false,
            attempts: 0,
            attempts_since_up: 0,
            ever_up: false,
            heard: false,
            unheard_rebuilds: 0,
            watch: None,
            round_trip: Duration::ZERO,
            expires: None,
            retry: None,
            actions: VecDeque::new(),
        }
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    /// The revision of the current offer; 0 before the first.
    pub(crate) fn revision(&self) -> u32 {
        self.revision
    }

    /// Connections built so far.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// This side made the current offer.
    pub(crate) fn ours(&self) -> bool {
        self.ours
    }

    /// A connection is being set up: time is of the essence.
    pub(crate) fn is_setting_up(&self) -> bool {
        matches!(self.state, State::Connecting | State::UpConnecting)
    }

    /// Takes the revision of a peer's offer. `false`: it is old, or ours stands against it; ignore it.
    pub(crate) fn accepts_offer(&self, revision: u32) -> bool {
        let over = matches!(self.state, State::Failed | State::Closed);
        let newer = revision > self.revision;
        let yields = revision == self.revision && self.ours && !self.first;
        !over && (newer || yields)
    }

    /// `true` when an answer with this revision is awaited.
    pub(crate) fn awaits_answer(&self, revision: u32) -> bool {
        matches!(self.state, State::Offered | State::UpOffered) && self.ours && revision == self.revision
    }

    /// A peer's offer that [`accepts_offer`](Self::accepts_offer) let through.
    pub(crate) fn remote_offer(&mut self, now: Instant, revision: u32) {
        self.revision = revision;
        self.ours = false;
        self.handle(now, Input::RemoteOffer);
    }

    /// One input. What is to be done comes out of [`poll`](Self::poll).
    pub(crate) fn handle(&mut self, now: Instant, input: Input) {
        match input {
            Input::Close => {
                self.state = State::Closed;
                self.watch = None;
                self.expires = None;
                self.retry = None;
                self.actions.clear();
                self.actions.extend([Action::DropPending, Action::DropActive]);
                return;
            }
            Input::Confirmed if self.heard => return,
            Input::Confirmed => {
                self.heard = true;
                self.unheard_rebuilds = 0;
            }
            // A connection that cannot even be built must not be tried in a hot loop.
            Input::PendingDied if self.attempts_since_up > 1 => {
                let wait = Duration::from_millis(100) * 2u32.pow(self.attempts_since_up.min(6));
                self.retry.get_or_insert((now + wait, input));
                return;
            }
            // When the peer hangs up, its connection ends a little before word of it comes.
            Input::ActiveDied if self.state == State::Up => {
                self.retry.get_or_insert((now + HANG_UP, input));
                return;
            }
            _ => {}
        }
        self.apply(now, input);
    }

    fn apply(&mut self, now: Instant, input: Input) {
        let Some(row) =
            TABLE.iter().find(|row| row.from == self.state && row.on == input && self.holds(row.when))
        else {
            return;
        };
        self.state = row.to;
        for action in row.then {
            self.prepare(now, *action);
            self.actions.push_back(*action);
        }
    }

    fn holds(&self, when: When) -> bool {
        match when {
            When::Always => true,
            When::Ours => self.ours,
            When::Theirs => !self.ours,
            When::Beside => !self.alone,
            When::Alone => self.alone,
        }
    }

    /// Bookkeeping that belongs to an action.
    fn prepare(&mut self, now: Instant, action: Action) {
        match action {
            Action::Offer => {
                self.revision += 1;
                self.ours = true;
                self.count_attempt();
            }
            Action::Answer => self.count_attempt(),
            Action::WatchSetup => {
                self.watch = Some((now, self.stall_time()));
                if !self.ever_up && self.expires.is_none() {
                    self.expires = Some(now + self.times.setup);
                }
            }
            Action::WatchPeer => {
                self.ever_up = true;
                self.heard = false;
                self.attempts_since_up = 0;
                self.expires = None;
                let watches = self.ours && self.unheard_rebuilds < UNHEARD_REBUILDS;
                self.watch = watches.then_some((now, self.times.unheard));
            }
            Action::Unwatch | Action::Fail => self.watch = None,
            Action::Apply | Action::DropPending | Action::DropActive | Action::Activate => {}
        }
    }

    fn count_attempt(&mut self) {
        self.attempts += 1;
        self.attempts_since_up += 1;
        self.watch = None;
        self.retry = None;
    }

    fn stall_time(&self) -> Duration {
        let grown = self.times.stall.mul_f64(1.5f64.powi(self.attempts_since_up.clamp(1, 16) as i32 - 1));
        grown.min(self.times.stall_longest)
    }

    /// The pending connection's setup got on: the watchdog starts again.
    pub(crate) fn progress(&mut self, now: Instant) {
        if self.is_setting_up() && self.watch.is_some() {
            self.watch = Some((now, self.stall_time()));
        }
    }

    /// The network is seen to take this long there and back: a setup over it gets no further for twice as long.
    pub(crate) fn set_round_trip(&mut self, round_trip: Duration) {
        self.round_trip = round_trip;
    }

    fn watch_ends(&self) -> Option<Instant> {
        let least = self.round_trip * 3 + SLACK;
        self.watch.map(|(since, patience)| since + patience.max(least))
    }

    /// Lets time pass.
    pub(crate) fn tick(&mut self, now: Instant) {
        if let Some((at, input)) = self.retry
            && now >= at
        {
            self.retry = None;
            self.apply(now, input);
        }
        if self.expires.is_some_and(|at| now >= at) {
            self.expires = None;
            self.apply(now, Input::SetupExpired);
        }
        if self.watch_ends().is_some_and(|at| now >= at) {
            self.watch = None;
            if self.state == State::Up {
                self.unheard_rebuilds += 1;
            }
            self.apply(now, Input::Stalled);
        }
    }

    /// Whether a long silence is a reason for a new connection. With a fixed port the present one would have to be
    /// given up for it, and it goes on by itself when the path is back.
    pub(crate) fn rebuilds_on_silence(&self) -> bool {
        !self.alone
    }

    /// The next thing to do, oldest first.
    pub(crate) fn poll(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When [`tick`](Self::tick) has something to do.
    #[cfg_attr(not(test), allow(dead_code))]
    pub(crate) fn deadline(&self) -> Option<Instant> {
        [self.watch_ends(), self.expires, self.retry.map(|(at, _)| at)].into_iter().flatten().min()
    }
}

//! The notifications that a client was told and has not answered. Told the time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// At most so many are open at once; the next ones wait until one was answered.
pub(super) const OPEN: usize = 32;

struct Open {
    id: u64,
    frame: String,
    /// When the answer is late.
    due: Instant,
    again: bool,
}

/// What is late.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Late {
    /// To be told once more.
    pub(super) again: Vec<String>,
    /// How many were told twice and are given up.
    pub(super) lost: usize,
}

/// Told and not answered, in the order of telling.
pub(super) struct Window {
    last: u64,
    timeout: Duration,
    open: VecDeque<Open>,
}

impl Window {
    pub(super) fn new(timeout: Duration) -> Self {
        Self { last: 0, timeout, open: VecDeque::new() }
    }

    pub(super) fn has_room(&self) -> bool {
        self.open.len() < OPEN
    }

    /// Takes up one more; `make` makes its frame from its number. The frame is to be sent now.
    pub(super) fn tell(&mut self, now: Instant, make: impl FnOnce(u64) -> String) -> String {
        self.last += 1;
        let frame = make(self.last);
        let open = Open { id: self.last, frame: frame.clone(), due: now + self.timeout, again: false };
        self.open.push_back(open);
        frame
    }

    /// Whether an answer was waited for.
    pub(super) fn answered(&mut self, id: u64) -> bool {
        let before = self.open.len();
        self.open.retain(|open| open.id != id);
        self.open.len() < before
    }

    /// What is late by now.
    pub(super) fn late(&mut self, now: Instant) -> Late {
        let mut late = Late::default();
        self.open.retain_mut(|open| {
            if now < open.due {
                return true;
            }
            if open.again {
                late.lost += 1;
                return false;
            }
            (open.again, open.due) = (true, now + self.timeout);
            late.again.push(open.frame.clone());
            true
        });
        late
    }

    /// All that is open, for a client that is back; it has the whole time anew.
    pub(super) fn anew(&mut self, now: Instant) -> Vec<String> {
        for open in &mut self.open {
            (open.again, open.due) = (false, now + self.timeout);
        }
        self.open.iter().map(|open| open.frame.clone()).collect()
    }

    /// Gives up what is open.
    pub(super) fn clear(&mut self) {
        self.open.clear();
    }

    /// When the next is late.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.open.iter().map(|open| open.due).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(5);

    fn tell(window: &mut Window, now: Instant) -> String {
        window.tell(now, |id| format!("n{id}"))
    }

    #[test]
    fn what_is_answered_is_over() {
        let (mut window, now) = (Window::new(TIMEOUT), Instant::now());
        assert_eq!(window.deadline(), None);
        assert_eq!(tell(&mut window, now), "n1");
        assert_eq!(window.deadline(), Some(now + TIMEOUT));
        assert!(window.answered(1) && !window.answered(1) && !window.answered(9));
        assert_eq!((window.deadline(), window.late(now + TIMEOUT)), (None, Late::default()));
    }

    #[test]
    fn what_is_not_answered_is_told_once_more_and_then_given_up() {
        let (mut window, now) = (Window::new(TIMEOUT), Instant::now());
        tell(&mut window, now);
        tell(&mut window, now + TIMEOUT / 2);
        assert_eq!(window.late(now + TIMEOUT), Late { again: vec!["n1".to_owned()], lost: 0 });
        assert_eq!(window.deadline(), Some(now + TIMEOUT / 2 + TIMEOUT));
        assert_eq!(window.late(now + TIMEOUT * 2), Late { again: vec!["n2".to_owned()], lost: 1 });
        assert!(window.answered(2));
        assert_eq!(window.deadline(), None);
    }

    #[test]
    fn who_comes_back_is_told_anew_in_order() {
        let (mut window, now) = (Window::new(TIMEOUT), Instant::now());
        (0..3).for_each(|_| drop(tell(&mut window, now)));
        window.answered(2);
        let later = now + TIMEOUT * 10;
        assert_eq!(window.anew(later), ["n1", "n3"]);
        assert_eq!(window.late(later), Late::default());
        assert_eq!(window.late(later + TIMEOUT).again, ["n1", "n3"]);
    }

    #[test]
    fn it_is_bounded() {
        let (mut window, now) = (Window::new(TIMEOUT), Instant::now());
        for _ in 0..OPEN {
            assert!(window.has_room());
            tell(&mut window, now);
        }
        assert!(!window.has_room());
        window.answered(1);
        assert!(window.has_room());
        window.clear();
        assert_eq!(window.deadline(), None);
    }
}

use std::collections::BinaryHeap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use super::STOP_CHECK;

/// Holds the packets that are under way, and sends each when its time has come.
#[derive(Debug, Default)]
pub(super) struct Post {
    letters: Mutex<(u64, BinaryHeap<Letter>)>,
    changed: Condvar,
}

/// One packet under way.
#[derive(Debug)]
pub(super) struct Letter {
    due: Instant,
    order: u64,
    to: SocketAddr,
    socket: Arc<UdpSocket>,
    bytes: Vec<u8>,
}

impl Letter {
    pub(super) fn new(due: Instant, to: SocketAddr, socket: Arc<UdpSocket>, bytes: &[u8]) -> Self {
        Self { due, order: 0, to, socket, bytes: bytes.to_vec() }
    }
}

// The first due is the greatest, since BinaryHeap gives the greatest first.
impl Ord for Letter {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (other.due, other.order).cmp(&(self.due, self.order))
    }
}
impl PartialOrd for Letter {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Letter {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Letter {}

impl Post {
    pub(super) fn leave(&self, mut letter: Letter) {
        let mut guard = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        guard.0 += 1;
        letter.order = guard.0;
        guard.1.push(letter);
        self.changed.notify_one();
    }

    pub(super) fn wake(&self) {
        self.changed.notify_one();
    }

    pub(super) fn run(&self, stop: &AtomicBool) {
        let mut guard = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        while !stop.load(Ordering::SeqCst) {
            let now = Instant::now();
            let wait = match guard.1.peek() {
                Some(letter) if letter.due <= now => {
                    if let Some(letter) = guard.1.pop() {
                        let _ = letter.socket.send_to(&letter.bytes, letter.to);
                    }
                    continue;
                }
                Some(letter) => (letter.due - now).min(STOP_CHECK),
                None => STOP_CHECK,
            };
            guard = self.changed.wait_timeout(guard, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

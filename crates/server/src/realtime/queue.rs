//! A bounded queue that costs an idle session next to nothing: tokio's own has room for 32 from the beginning.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// Room for so many is kept while nothing waits.
const KEPT: usize = 4;

/// Why something was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// As much waits as may.
    Full,
    /// Nobody receives any more.
    Closed,
}

/// What is received.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Got<T> {
    /// What was sent, in its order.
    Item(T),
    /// A mark was set, and all that was sent before is received. Several marks are one.
    Mark,
    /// All senders are gone, and all that was sent is received.
    Closed,
}

struct State<T> {
    items: VecDeque<T>,
    limit: usize,
    marked: bool,
    senders: usize,
    closed: bool,
    waker: Option<Waker>,
}

impl<T> State<T> {
    fn take(&mut self) -> Option<T> {
        let item = self.items.pop_front();
        if self.items.is_empty() {
            self.items.shrink_to(KEPT);
        }
        item
    }
}

struct Shared<T>(Mutex<State<T>>);

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Sender<T>(Arc<Shared<T>>);
pub(super) struct Receiver<T>(Arc<Shared<T>>);

/// A queue in which at most `limit` wait.
pub(super) fn queue<T>(limit: usize) -> (Sender<T>, Receiver<T>) {
    let state = State {
        items: VecDeque::new(),
        limit: limit.max(1),
        marked: false,
        senders: 1,
        closed: false,
        waker: None,
    };
    let shared = Arc::new(Shared(Mutex::new(state)));
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

impl<T> Sender<T> {
    pub(super) fn try_send(&self, item: T) -> Result<(), Refused> {
        let mut state = self.0.lock();
        match (state.closed, state.items.len() >= state.limit) {
            (true, _) => return Err(Refused::Closed),
            (false, true) => return Err(Refused::Full),
            (false, false) => state.items.push_back(item),
        }
        wake(state);
        Ok(())
    }

    /// Sets the mark, however much waits.
    pub(super) fn mark(&self) {
        let mut state = self.0.lock();
        state.marked = true;
        wake(state);
    }
}

/// Wakes the receiver, who finds the lock free.
fn wake<T>(mut state: MutexGuard<'_, State<T>>) {
    let waker = state.waker.take();
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.0.lock().senders += 1;
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.senders -= 1;
        if state.senders == 0 {
            wake(state);
        }
    }
}

impl<T> Receiver<T> {
    /// Waits for what comes next. May be cancelled without losing anything.
    pub(super) async fn next(&mut self) -> Got<T> {
        poll_fn(|context| {
            let mut state = self.0.lock();
            if let Some(item) = state.take() {
                return Poll::Ready(Got::Item(item));
            }
            if std::mem::take(&mut state.marked) {
                return Poll::Ready(Got::Mark);
            }
            if state.senders == 0 {
                return Poll::Ready(Got::Closed);
            }
            match &mut state.waker {
                Some(waker) => waker.clone_from(context.waker()),
                None => state.waker = Some(context.waker().clone()),
            }
            Poll::Pending
        })
        .await
    }

    /// As [`Self::next`], for a queue without marks.
    pub(super) async fn recv(&mut self) -> Option<T> {
        loop {
            match self.next().await {
                Got::Item(item) => return Some(item),
                Got::Mark => {}
                Got::Closed => return None,
            }
        }
    }

    /// What is there already.
    pub(super) fn try_next(&mut self) -> Option<T> {
        self.0.lock().take()
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.closed = true;
        let left = std::mem::take(&mut state.items);
        drop(state);
        // What is dropped may itself hold a queue.
        drop(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn what_is_sent_comes_in_order_then_the_mark_then_the_end() {
        let (sender, mut receiver) = queue(2);
        assert_eq!(sender.try_send(1), Ok(()));
        sender.mark();
        assert_eq!(sender.try_send(2), Ok(()));
        sender.mark();
        assert_eq!(sender.try_send(3), Err(Refused::Full));
        assert_eq!(receiver.try_next(), Some(1));
        assert_eq!(receiver.next().await, Got::Item(2));
        assert_eq!(receiver.next().await, Got::Mark);
        assert_eq!(receiver.try_next(), None);
        assert_eq!(sender.clone().try_send(4), Ok(()));
        drop(sender);
        assert_eq!(receiver.next().await, Got::Item(4));
        assert_eq!(receiver.next().await, Got::Closed);
    }

    #[tokio::test]
    async fn who_waits_is_woken_by_an_item_a_mark_and_the_last_sender_s_end() {
        let (sender, mut receiver) = queue(1);
        let waits = tokio::spawn(async move {
            let mut got = Vec::new();
            loop {
                got.push(receiver.next().await);
                if got.last() == Some(&Got::Closed) {
                    return got;
                }
            }
        });
        let pause = || tokio::time::sleep(Duration::from_millis(20));
        pause().await;
        sender.try_send("a").unwrap();
        pause().await;
        sender.mark();
        pause().await;
        drop(sender);
        let got = tokio::time::timeout(Duration::from_secs(60), waits).await.unwrap().unwrap();
        assert_eq!(got, [Got::Item("a"), Got::Mark, Got::Closed]);
    }

    #[tokio::test]
    async fn a_wait_that_is_cancelled_loses_nothing() {
        let (sender, mut receiver) = queue(4);
        for number in 0..100 {
            tokio::select! {
                biased;
                got = receiver.next() => panic!("nothing was sent, but {got:?} came"),
                () = tokio::task::yield_now() => {}
            }
            sender.try_send(number).unwrap();
            assert_eq!(receiver.next().await, Got::Item(number));
        }
    }

    #[test]
    fn nobody_receives_any_more_and_a_burst_s_room_is_given_back() {
        let (sender, mut receiver) = queue(1000);
        for number in 0..1000 {
            sender.try_send(number).unwrap();
        }
        while receiver.try_next().is_some() {}
        assert!(sender.0.lock().items.capacity() <= KEPT);
        sender.try_send(1).unwrap();
        drop(receiver);
        assert_eq!(sender.try_send(2), Err(Refused::Closed));
        assert!(sender.0.lock().items.is_empty());
    }
}

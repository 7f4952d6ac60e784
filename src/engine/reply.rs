//! How the engine answers a caller that waits.
//!
//! Invariants: a question is answered at most once; a caller that stops waiting is no error; a reply that is dropped
//! unanswered ends the wait at once; every wait has a deadline.
//!
//! Why not a channel: a channel's receiver spins and yields before it sleeps. With many callers on few processors that
//! takes the time that the engine and the other callers need.

use super::sync::{Arc, AtomicBool, AtomicUsize, LOOK_OUT, Mutex, Ordering, Thread, current, park_timeout, yield_now};
use crate::error::Result;
use std::time::{Duration, Instant};

/// The engine's end.
pub(crate) struct Reply<T>(Arc<Slot<T>>);

/// The caller's end.
pub(crate) struct Answer<T>(Arc<Slot<T>>);

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// The deadline passed first.
    Late,
    /// The engine is gone.
    Gone,
}

struct Slot<T> {
    settled: AtomicBool,
    value: Mutex<Option<Result<T>>>,
    caller: Thread,
}

/// A question of the current thread.
pub(crate) fn ask<T>() -> (Reply<T>, Answer<T>) {
    let slot = Arc::new(Slot { settled: AtomicBool::new(false), value: Mutex::new(None), caller: current() });
    (Reply(Arc::clone(&slot)), Answer(slot))
}

impl<T> Reply<T> {
    /// Answers.
    pub fn send(self, answer: Result<T>) {
        *self.0.value.lock() = Some(answer);
        // Dropping `self` wakes the caller.
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        self.0.settled.store(true, Ordering::Release);
        self.0.caller.unpark();
    }
}

impl<T> Answer<T> {
    /// Waits. Only for the thread that asked.
    pub fn wait(self, most: Duration) -> std::result::Result<Result<T>, NoAnswer> {
        let deadline = Instant::now() + most;
        while !self.0.settled.load(Ordering::Acquire) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(NoAnswer::Late);
            }
            park_timeout(left);
        }
        self.0.value.lock().take().ok_or(NoAnswer::Gone)
    }

    /// Waits as [`Answer::wait`] does, but looks out for the answer for a while first as long as no other caller waits:
    /// waking a sleeping thread takes about a quarter of a sync. Where several wait, they leave the processors to the
    /// others. `waiting` counts them.
    pub fn wait_awake(self, waiting: &AtomicUsize, most: Duration) -> std::result::Result<Result<T>, NoAnswer> {
        waiting.fetch_add(1, Ordering::Relaxed);
        let start = Instant::now();
        while waiting.load(Ordering::Relaxed) == 1
            && !self.0.settled.load(Ordering::Acquire)
            && start.elapsed() < LOOK_OUT
        {
            yield_now();
        }
        let answer = self.wait(most);
        waiting.fetch_sub(1, Ordering::Relaxed);
        answer
    }
}

#[cfg(test)]
impl<T> Answer<T> {
    /// The answer, if it is there.
    pub fn now(&self) -> Option<Result<T>> {
        self.0.value.lock().take()
    }
}

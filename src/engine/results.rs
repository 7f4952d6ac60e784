//! The queue of final results between the engine and the callers.
//!
//! Invariants:
//! - Results enter after the commit that made them final, in the order of their numbers.
//! - At most [`RESULTS_MAX`] are held; the rest stays on disk and is fetched in order as the caller takes some.
//! - What was handed out and not yet acknowledged is remembered by key (up to [`OUTSTANDING_MAX`]), so that its
//!   acknowledgement needs no wait for the disk.

use crate::error::{Error, Result};
use crate::message::MessageResult;
use parking_lot::{Condvar, Mutex};
use std::collections::{HashMap, VecDeque};
use std::time::Instant;

const RESULTS_MAX: usize = 4_096;
const OUTSTANDING_MAX: usize = 65_536;

/// A result, its row and its running number.
#[derive(Clone, Debug)]
pub(crate) struct Final {
    pub id: i64,
    pub number: i64,
    pub result: MessageResult,
}

/// Shared by the engine and every caller.
#[derive(Default)]
pub(crate) struct ResultQueue {
    inner: Mutex<Inner>,
    arrived: Condvar,
}

#[derive(Default)]
struct Inner {
    waiting: VecDeque<Final>,
    outstanding: HashMap<String, i64>,
    /// The number of the last result that entered.
    last: i64,
    /// Results with higher numbers are on disk.
    behind: bool,
    asked_for_more: bool,
    /// How many wait.
    polls: usize,
    /// Ends the next wait: nobody waited when it was asked for.
    woken: bool,
    /// Counts the wakes that ended waits.
    wakes: u64,
    closed: Option<Error>,
}

/// What a wait for a result ended with.
pub(crate) struct Waited {
    pub result: Option<MessageResult>,
    /// The engine should fetch more from the disk.
    pub refill: bool,
}

impl ResultQueue {
    /// Hands over new results of a turn. Those that do not fit stay on disk.
    pub fn push(&self, results: Vec<Final>) {
        if results.is_empty() {
            return;
        }
        let mut inner = self.inner.lock();
        let mut entered = 0;
        for result in results {
            if inner.behind || inner.waiting.len() >= RESULTS_MAX {
                inner.behind = true;
                break;
            }
            inner.last = result.number;
            inner.waiting.push_back(result);
            entered += 1;
        }
        drop(inner);
        match entered {
            0 => {}
            1 => drop(self.arrived.notify_one()),
            _ => drop(self.arrived.notify_all()),
        }
    }

    /// How many results may be fetched from the disk, and after which number.
    pub fn room(&self) -> (usize, i64) {
        let inner = self.inner.lock();
        (RESULTS_MAX.saturating_sub(inner.waiting.len()), inner.last)
    }

    /// Hands over results fetched from the disk. `all`: there are no more.
    pub fn refill(&self, results: Vec<Final>, all: bool) {
        {
            let mut inner = self.inner.lock();
            inner.behind = !all;
            inner.asked_for_more = false;
            if let Some(last) = results.last() {
                inner.last = last.number;
            }
            inner.waiting.extend(results);
        }
        self.arrived.notify_all();
    }

    /// Waits for a result.
    pub fn take(&self, deadline: Instant) -> Result<Waited> {
        let mut inner = self.inner.lock();
        loop {
            if let Some(result) = inner.waiting.pop_front() {
                if inner.outstanding.len() < OUTSTANDING_MAX {
                    inner.outstanding.insert(result.result.key.clone(), result.id);
                }
                let refill = inner.behind && !inner.asked_for_more && inner.waiting.len() <= RESULTS_MAX / 2;
                inner.asked_for_more |= refill;
                return Ok(Waited { result: Some(result.result), refill });
            }
            if let Some(error) = &inner.closed {
                return Err(error.clone());
            }
            let over = std::mem::take(&mut inner.woken) || {
                let wakes = inner.wakes;
                inner.polls += 1;
                let late = self.arrived.wait_until(&mut inner, deadline).timed_out();
                inner.polls -= 1;
                late || inner.wakes != wakes
            };
            if over && inner.waiting.is_empty() && inner.closed.is_none() {
                return Ok(Waited { result: None, refill: false });
            }
        }
    }

    /// Puts a result back to the front: the caller had no room for it.
    pub fn put_back(&self, result: MessageResult) {
        let mut inner = self.inner.lock();
        if let Some(id) = inner.outstanding.remove(&result.key) {
            let number = inner.waiting.front().map_or(inner.last, |next| next.number);
            inner.waiting.push_front(Final { id, number, result });
        }
        drop(inner);
        self.arrived.notify_one();
    }

    /// The row of a result that this process was handed and has not acknowledged.
    pub fn acknowledged(&self, key: &str) -> Option<i64> {
        self.inner.lock().outstanding.remove(key)
    }

    /// Ends every waiting `take`, or the next one where none waits.
    pub fn wake(&self) {
        let mut inner = self.inner.lock();
        if inner.polls == 0 {
            inner.woken = true;
        } else {
            inner.wakes += 1;
        }
        drop(inner);
        self.arrived.notify_all();
    }

    /// Ends every wait; `take` answers `error` once the queue is empty.
    pub fn close(&self, error: Error) {
        let mut inner = self.inner.lock();
        inner.closed.get_or_insert(error);
        inner.waiting.clear();
        drop(inner);
        self.arrived.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn wait(queue: &ResultQueue) -> Option<MessageResult> {
        queue.take(Instant::now() + Duration::from_secs(3_600)).unwrap().result
    }

    #[test]
    fn one_wake_ends_every_waiting_poll_and_only_those() {
        let queue = ResultQueue::default();
        std::thread::scope(|scope| {
            let waiting: Vec<_> = (0..3).map(|_| scope.spawn(|| wait(&queue))).collect();
            while queue.inner.lock().polls < waiting.len() {
                std::thread::yield_now();
            }
            queue.wake();
            assert!(waiting.into_iter().all(|poll| poll.join().unwrap().is_none()));
        });
        assert!(!queue.inner.lock().woken, "nothing is left of it for the next poll");
    }

    #[test]
    fn a_wake_that_nobody_waits_for_ends_the_next_poll() {
        let queue = ResultQueue::default();
        queue.wake();
        assert!(wait(&queue).is_none());
        assert!(!queue.inner.lock().woken);
    }
}

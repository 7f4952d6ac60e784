//! The queue of final results between the engine and the callers.
//!
//! Invariants:
//! - Results enter after the commit that made them final, in the order of their numbers.
//! - At most [`RESULTS_MAX`] are held; the rest stays on disk and is fetched in order as the caller takes some.
//! - What was handed out and not yet acknowledged is remembered by key (up to [`OUTSTANDING_MAX`]), so that its
//!   acknowledgement needs no wait for the disk.

use super::sync::{Condvar, Mutex};
use crate::error::{Error, Result};
use crate::message::{Key, MessageResult};
use crate::outbox::Entry;
use std::collections::{HashMap, VecDeque};
use std::time::Instant;

const RESULTS_MAX: usize = 4_096;
const OUTSTANDING_MAX: usize = 65_536;

/// Shared by the engine and every caller.
#[derive(Default)]
pub(crate) struct ResultQueue {
    pub(super) inner: Mutex<Inner>,
    arrived: Condvar,
}

#[derive(Default)]
pub(super) struct Inner {
    /// Handed out, but the caller had no room for them.
    returned: Vec<MessageResult>,
    waiting: VecDeque<Entry>,
    outstanding: HashMap<Key, i64>,
    /// The number of the last result that entered.
    last: i64,
    /// Results with higher numbers are on disk.
    behind: bool,
    asked_for_more: bool,
    /// How many wait.
    pub(super) polls: usize,
    /// Ends the next wait: nobody waited when it was asked for.
    pub(super) woken: bool,
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
    pub fn push(&self, results: Vec<Entry>) {
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
            inner.last = result.due.0;
            inner.waiting.push_back(result);
            entered += 1;
        }
        drop(inner);
        match entered {
            0 => {}
            1 => {
                self.arrived.notify_one();
            }
            _ => {
                self.arrived.notify_all();
            }
        }
    }

    /// How many results may be fetched from the disk, and after which number.
    pub fn room(&self) -> (usize, i64) {
        let inner = self.inner.lock();
        (RESULTS_MAX.saturating_sub(inner.waiting.len()), inner.last)
    }

    /// Hands over results fetched from the disk. `seen`: there are no more up to this number.
    pub fn refill(&self, results: Vec<Entry>, seen: Option<i64>) {
        {
            let mut inner = self.inner.lock();
            inner.behind = seen.is_none();
            inner.asked_for_more = false;
            let last = results.last().map_or(inner.last, |entry| entry.due.0);
            inner.last = last.max(seen.unwrap_or(last));
            inner.waiting.extend(results);
        }
        self.arrived.notify_all();
    }

    /// The disk could not be read: nothing may enter before what is there.
    pub fn fall_behind(&self) {
        self.inner.lock().behind = true;
    }

    /// Waits for a result.
    pub fn take(&self, deadline: Instant) -> Result<Waited> {
        let mut inner = self.inner.lock();
        loop {
            if let Some(result) = inner.returned.pop() {
                return Ok(Waited { result: Some(result), refill: false });
            }
            if let Some(entry) = inner.waiting.pop_front() {
                if inner.outstanding.len() < OUTSTANDING_MAX {
                    inner.outstanding.insert(entry.key.clone(), entry.id);
                }
                let refill = inner.behind && !inner.asked_for_more && inner.waiting.len() <= RESULTS_MAX / 2;
                inner.asked_for_more |= refill;
                drop(inner);
                // On the caller's thread: the engine only hands its entry over.
                return Ok(Waited { result: Some(entry.into_result()), refill });
            }
            if let Some(error) = &inner.closed {
                return Err(error.clone());
            }
            if inner.behind && !inner.asked_for_more {
                inner.asked_for_more = true;
                return Ok(Waited { result: None, refill: true });
            }
            let over = std::mem::take(&mut inner.woken) || {
                let wakes = inner.wakes;
                inner.polls += 1;
                let late = self.arrived.wait_until(&mut inner, deadline).timed_out();
                inner.polls -= 1;
                late || inner.wakes != wakes
            };
            if over && inner.waiting.is_empty() && inner.returned.is_empty() && inner.closed.is_none() {
                return Ok(Waited { result: None, refill: false });
            }
        }
    }

    /// The engine could not be asked for more: ask again.
    pub fn ask_again(&self) {
        self.inner.lock().asked_for_more = false;
    }

    /// Puts a result back to the front: the caller had no room for it.
    pub fn put_back(&self, result: MessageResult) {
        self.inner.lock().returned.push(result);
        self.arrived.notify_one();
    }

    /// The row of a result that this process was handed and has not acknowledged.
    pub fn acknowledged(&self, key: &Key) -> Option<i64> {
        self.inner.lock().outstanding.remove(key)
    }

    /// A result was let go by its key; one that was not handed out yet is not any more.
    pub fn forget(&self, key: &Key) {
        let mut inner = self.inner.lock();
        inner.waiting.retain(|entry| entry.key != *key);
        inner.returned.retain(|result| result.key != key.as_str());
        inner.outstanding.remove(key);
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

    /// Ends every waiting `take`, and leaves nothing for the next one.
    pub fn wake_who_waits(&self) {
        let mut inner = self.inner.lock();
        if inner.polls > 0 {
            inner.wakes += 1;
            drop(inner);
            self.arrived.notify_all();
        }
    }

    /// Ends every wait; `take` answers `error` once the queue is empty.
    pub fn close(&self, error: Error) {
        let mut inner = self.inner.lock();
        inner.closed.get_or_insert(error);
        inner.waiting.clear();
        inner.returned.clear();
        drop(inner);
        self.arrived.notify_all();
    }
}

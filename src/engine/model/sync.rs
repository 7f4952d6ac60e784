//! What `engine/sync.rs` offers, over loom. Time does not pass: a deadline that is not there yet never comes.

pub(super) use loom::sync::Arc;
pub(super) use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
pub(super) use loom::thread::{Thread, current, yield_now};
use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

/// As parking_lot's.
pub(super) struct Mutex<T>(loom::sync::Mutex<T>);

/// `None` while a condition is waited for.
pub(super) struct MutexGuard<'a, T>(Option<loom::sync::MutexGuard<'a, T>>);

impl<T> Mutex<T> {
    pub fn new(value: T) -> Mutex<T> {
        Mutex(loom::sync::Mutex::new(value))
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard(Some(self.0.lock().unwrap()))
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Mutex::new(T::default())
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().unwrap()
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().unwrap()
    }
}

#[derive(Default)]
pub(super) struct Condvar(loom::sync::Condvar);

/// Whether the deadline ended the wait.
pub(super) struct Waited(bool);

impl Waited {
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

impl Condvar {
    /// The answers are parking_lot's form; nobody looks at them.
    pub fn notify_one(&self) -> bool {
        self.0.notify_one();
        true
    }

    pub fn notify_all(&self) -> usize {
        self.0.notify_all();
        0
    }

    pub fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, deadline: Instant) -> Waited {
        if deadline <= Instant::now() {
            return Waited(true);
        }
        guard.0 = guard.0.take().map(|inner| self.0.wait(inner).unwrap());
        Waited(false)
    }
}

pub(super) fn park_timeout(_: Duration) {
    loom::thread::park();
}

/// A channel that keeps what was sent until both ends are gone, as crossbeam's may.
pub(super) fn channel<E>() -> (Sender<E>, Receiver<E>) {
    let queue = Arc::new(Mutex::new(Queue { sent: VecDeque::new(), taken: true }));
    (Sender(Arc::clone(&queue)), Receiver(queue))
}

struct Queue<E> {
    sent: VecDeque<E>,
    /// The receiver is there.
    taken: bool,
}

pub(super) struct Sender<E>(Arc<Mutex<Queue<E>>>);

pub(super) struct Receiver<E>(Arc<Mutex<Queue<E>>>);

impl<E> Sender<E> {
    pub fn send(&self, event: E) -> Result<(), E> {
        let mut queue = self.0.lock();
        if !queue.taken {
            return Err(event);
        }
        queue.sent.push_back(event);
        Ok(())
    }
}

impl<E> Receiver<E> {
    pub fn try_recv(&self) -> Result<E, ()> {
        self.0.lock().sent.pop_front().ok_or(())
    }
}

impl<E> Drop for Receiver<E> {
    fn drop(&mut self) {
        self.0.lock().taken = false;
    }
}

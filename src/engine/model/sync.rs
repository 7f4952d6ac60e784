//! What `engine/sync.rs` offers, over loom. Time does not pass: a deadline that is not there yet never comes.

pub(super) use loom::sync::Arc;
pub(super) use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
pub(super) use loom::thread::{Thread, current, yield_now};
/// A lone caller looks out for its answer until it is there, or it is alone no more.
pub(super) const LOOK_OUT: Duration = Duration::MAX;

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
    bounded(usize::MAX)
}

/// One that holds so many.
pub(super) fn bounded<E>(most: usize) -> (Sender<E>, Receiver<E>) {
    let queue = Mutex::new(Queue { sent: VecDeque::new(), most, taken: true });
    let shared = Arc::new((queue, Condvar::default()));
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

struct Queue<E> {
    sent: VecDeque<E>,
    most: usize,
    /// The receiver is there.
    taken: bool,
}

/// With what tells of any change.
type Shared<E> = Arc<(Mutex<Queue<E>>, Condvar)>;

pub(super) struct Sender<E>(Shared<E>);

pub(super) struct Receiver<E>(Shared<E>);

impl<E> Clone for Sender<E> {
    fn clone(&self) -> Self {
        Sender(Arc::clone(&self.0))
    }
}

impl<E> Sender<E> {
    /// Waits for room.
    pub fn send(&self, event: E) -> Result<(), E> {
        let (queue, changed) = &*self.0;
        let mut queue = queue.lock();
        while queue.taken && queue.sent.len() >= queue.most {
            queue.0 = queue.0.take().map(|inner| changed.0.wait(inner).unwrap());
        }
        if !queue.taken {
            return Err(event);
        }
        queue.sent.push_back(event);
        changed.notify_all();
        Ok(())
    }

    pub fn try_send(&self, event: E) -> Result<(), E> {
        let (queue, changed) = &*self.0;
        let mut queue = queue.lock();
        if !queue.taken || queue.sent.len() >= queue.most {
            return Err(event);
        }
        queue.sent.push_back(event);
        changed.notify_all();
        Ok(())
    }
}

impl<E> Receiver<E> {
    pub fn try_recv(&self) -> Result<E, ()> {
        let (queue, changed) = &*self.0;
        let event = queue.lock().sent.pop_front().ok_or(())?;
        changed.notify_all();
        Ok(event)
    }

    /// Waits for an event.
    pub fn recv(&self) -> E {
        let (queue, changed) = &*self.0;
        let mut queue = queue.lock();
        loop {
            if let Some(event) = queue.sent.pop_front() {
                changed.notify_all();
                return event;
            }
            queue.0 = queue.0.take().map(|inner| changed.0.wait(inner).unwrap());
        }
    }
}

impl<E> Drop for Receiver<E> {
    fn drop(&mut self) {
        self.0.0.lock().taken = false;
        self.0.1.notify_all();
    }
}

//! Results handed to the host's own function, on a thread of ours.
//!
//! Invariants: one thread per client, started when the function is set and ended when it is removed or the client is
//! shut down; no lock is held while the host's function runs, so it may call everything, also the removal of itself; a
//! result that is not handed over goes back to the queue; every waiting is bounded.

use super::handles::{self, Opened};
use super::result::alimi_result_t;
use crate::client::Client;
use crate::error::{Code, Error, Result};
use crate::thread::Thread;
use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};
use parking_lot::Mutex;
use std::convert::Infallible;
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// The host's function for results; see alimi_set_result_callback().
///
/// `result` is whole and valid during the call; `context` is the value given to alimi_set_result_callback(). Called on
/// one thread of alimi per client, one result after the other. It must not throw. It may call every function of alimi,
/// alimi_ack_result() above all: what is not acknowledged comes again after the next alimi_init().
#[allow(non_camel_case_types, reason = "the name in C")]
pub type alimi_result_callback_t =
    Option<unsafe extern "system" fn(client: i32, result: *const alimi_result_t, context: *mut c_void)>;

/// How long a removal waits for a call that has begun.
const WAIT: Duration = Duration::from_secs(5);
/// What a shutdown gives such a call beyond its own time.
const GRACE: Duration = Duration::from_millis(100);
/// One wait for a result; also what passes after a failure of the outbox.
const POLL: Duration = Duration::from_secs(3600);
const PAUSE: Duration = Duration::from_secs(1);
/// A wake may come just before the thread begins to wait, so it is repeated until the thread has ended.
const WAKE_AGAIN: Duration = Duration::from_millis(10);

const STACK_BYTES: usize = 512 * 1024;

/// The place of a client for its thread.
#[derive(Default)]
pub(super) struct ResultCallback {
    thread: Mutex<Option<Poller>>,
    /// Have the sign to stop, and a call may still be running: a function may have removed itself.
    stopping: Mutex<Vec<Arc<Thread>>>,
}

struct Poller {
    /// Its end is the sign to stop.
    stop: Sender<Infallible>,
    thread: Thread,
}

struct Host {
    function: unsafe extern "system" fn(i32, *const alimi_result_t, *mut c_void),
    context: *mut c_void,
}

// SAFETY: `context` is never looked at here; the host was told that its function is called on another thread.
unsafe impl Send for Host {}

/// Installs, replaces or (with `None`) removes the host's function.
pub(super) fn set(
    client: i32,
    opened: &Arc<Opened>,
    function: alimi_result_callback_t,
    context: *mut c_void,
) -> Result<Code> {
    // The old function ends before the new one begins, so results never reach two at once.
    let mut ended = opened.callback.stop(None, &opened.client, WAIT);
    if let Some(function) = function {
        let poller = start(client, Arc::clone(opened), Host { function, context })?;
        ended &= opened.callback.stop(Some(poller), &opened.client, WAIT);
        // A shutdown that began meanwhile may have looked for a thread before this one was there.
        if opened.closing.load(Ordering::SeqCst) {
            ended &= opened.callback.stop(None, &opened.client, WAIT);
        }
    }
    Ok(if ended { Code::Ok } else { Code::CallbackRunning })
}

/// Shuts a client down with its thread; the number is closed afterwards, whatever happened.
pub(super) fn shut_down(client: i32, opened: &Opened, timeout: Duration) -> Result<Code> {
    struct Release(i32);
    impl Drop for Release {
        fn drop(&mut self) {
            handles::release(self.0);
        }
    }
    if opened.closing.swap(true, Ordering::SeqCst) {
        return Err(Error::new(Code::Closed, "client: is being shut down by another call"));
    }
    let _release = Release(client);
    let deadline = Instant::now() + timeout;
    let finished = opened.client.shutdown(timeout);
    let inside = opened.callback.is_inside();
    let left = deadline.saturating_duration_since(Instant::now()) + GRACE;
    let ended = opened.callback.stop(None, &opened.client, left);
    match finished? {
        // Who calls from inside the function knows that it is running.
        _ if !ended && !inside => Ok(Code::CallbackRunning),
        true => Ok(Code::Ok),
        false => Ok(Code::Pending),
    }
}

fn start(client: i32, opened: Arc<Opened>, host: Host) -> Result<Poller> {
    let (stop, stopped) = bounded(0);
    let thread = crate::thread::spawn("alimi-results", STACK_BYTES, move || {
        deliver(client, &opened, &host, &stopped);
    })?;
    Ok(Poller { stop, thread })
}

fn deliver(client: i32, opened: &Opened, host: &Host, stopped: &Receiver<Infallible>) {
    let is_stopped = || stopped.try_recv() == Err(TryRecvError::Disconnected);
    while !is_stopped() {
        match opened.client.poll(POLL) {
            Ok(Some(result)) if is_stopped() => return opened.client.unpoll(result),
            Ok(Some(result)) => {
                let result = alimi_result_t::new(&result, opened.encoding);
                // SAFETY: the result lives through the call; the function is the host's.
                unsafe { (host.function)(client, &raw const result, host.context) };
            }
            Ok(None) => {}
            Err(error) if error.code() == Code::Closed => return,
            Err(error) => {
                log::warn!("no result for the callback: {error}");
                // Ends early with the sign to stop.
                let _ = stopped.recv_timeout(PAUSE);
            }
        }
    }
}

impl ResultCallback {
    /// Whether this is called from inside the host's function.
    fn is_inside(&self) -> bool {
        let current = self.thread.lock().as_ref().is_some_and(|poller| poller.thread.is_current());
        current || self.stopping.lock().iter().any(|thread| thread.is_current())
    }

    /// Puts `next` in the place, gives every other thread the sign to stop and waits for its end; false when a call of the
    /// host's function goes on.
    fn stop(&self, next: Option<Poller>, client: &Client, bound: Duration) -> bool {
        let before = std::mem::replace(&mut *self.thread.lock(), next);
        if let Some(Poller { stop, thread }) = before {
            drop(stop);
            self.stopping.lock().push(Arc::new(thread));
        }
        let deadline = Instant::now() + bound;
        // No lock is held while waiting: a call that is running may come here too.
        let threads = self.stopping.lock().clone();
        let ended = threads.iter().all(|thread| end(thread, client, deadline));
        self.stopping.lock().retain(|thread| !thread.has_ended(Instant::now()));
        for thread in threads.into_iter().filter_map(Arc::into_inner) {
            thread.join(deadline);
        }
        ended
    }
}

/// Waits for the end of a thread that has the sign to stop; false when it goes on.
fn end(thread: &Thread, client: &Client, deadline: Instant) -> bool {
    if thread.is_current() {
        return false;
    }
    loop {
        // Not `wake`: that would end a poll of the host which comes after this.
        client.wake_who_waits();
        if thread.has_ended(deadline.min(Instant::now() + WAKE_AGAIN)) {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
    }
}

//! Threads of ours inside a foreign process.
//!
//! Invariants: a thread of ours never takes a signal that was meant for the host: every signal that can arrive from
//! outside is blocked from its first instruction on. Signals that a fault of the thread itself raises stay open, because
//! the host's crash reporter, or the virtual machine whose code a callback runs, must see them. So do those by which
//! virtual machines stop threads to collect garbage: Mono waits for ever for a thread that ran a callback and holds them
//! back. A panic ends at the top of the thread; it never reaches the host. Every waiting for a thread has a deadline.

use crate::error::{Code, Error, Result};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::convert::Infallible;
use std::thread::{Builder, JoinHandle, ThreadId};
use std::time::Instant;

/// A thread of ours that runs or has ended.
pub(crate) struct Thread {
    handle: JoinHandle<()>,
    /// Disconnected when the body has returned.
    ended: Receiver<Infallible>,
}

/// Starts a thread with a name (at most 15 bytes, what Linux shows) and a stack of its own size.
pub(crate) fn spawn(name: &str, stack_bytes: usize, body: impl FnOnce() + Send + 'static) -> Result<Thread> {
    let _mask = SignalsBlocked::new(name)?;
    let (ending, ended) = bounded(0);
    let whole = move || {
        let _ending: Sender<Infallible> = ending;
        body();
    };
    let handle = Builder::new()
        .name(name.to_owned())
        .stack_size(stack_bytes)
        .spawn(whole)
        .map_err(|error| refused(name, error.kind()))?;
    Ok(Thread { handle, ended })
}

impl Thread {
    pub(crate) fn id(&self) -> ThreadId {
        self.handle.thread().id()
    }

    /// Whether this is the calling thread.
    pub(crate) fn is_current(&self) -> bool {
        self.id() == std::thread::current().id()
    }

    /// Waits for the end of its body; false when the deadline comes first.
    pub(crate) fn has_ended(&self, deadline: Instant) -> bool {
        self.ended.recv_deadline(deadline) == Err(RecvTimeoutError::Disconnected)
    }

    /// Waits until the thread is gone; false when the deadline comes first, and at once on the thread itself.
    pub(crate) fn join(self, deadline: Instant) -> bool {
        // Nothing but the end of the thread is left once its body has returned; a panic of it was its own.
        let ended = !self.is_current() && self.has_ended(deadline);
        if ended {
            let _ = self.handle.join();
        }
        ended
    }
}

fn refused(name: &str, why: impl std::fmt::Display) -> Error {
    Error::new(Code::ThreadStart, format!("thread {name}: {why}"))
}

/// Holds the signals of the calling thread back, so that the new thread inherits the mask; `Drop` restores it.
#[cfg(unix)]
struct SignalsBlocked {
    before: nix::sys::signal::SigSet,
}

#[cfg(unix)]
impl SignalsBlocked {
    fn new(name: &str) -> Result<Self> {
        use nix::sys::signal::{SigSet, SigmaskHow, Signal, pthread_sigmask};
        let faults = [Signal::SIGSEGV, Signal::SIGBUS, Signal::SIGFPE, Signal::SIGILL, Signal::SIGTRAP, Signal::SIGSYS];
        // The iterator leaves out the real-time signals, which serve for stopping too.
        #[cfg(target_os = "linux")]
        let stops = [Signal::SIGPWR, Signal::SIGXCPU];
        #[cfg(not(target_os = "linux"))]
        let stops = [Signal::SIGXCPU];
        let mask: SigSet =
            Signal::iterator().filter(|signal| !faults.contains(signal) && !stops.contains(signal)).collect();
        let mut before = SigSet::empty();
        pthread_sigmask(SigmaskHow::SIG_BLOCK, Some(&mask), Some(&mut before)).map_err(|e| refused(name, e))?;
        Ok(SignalsBlocked { before })
    }
}

#[cfg(unix)]
impl Drop for SignalsBlocked {
    fn drop(&mut self) {
        use nix::sys::signal::{SigmaskHow, pthread_sigmask};
        // Fails only for a wrong `how`.
        let _ = pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&self.before), None);
    }
}

/// Windows has no signals that choose a thread.
#[cfg(not(unix))]
struct SignalsBlocked;

#[cfg(not(unix))]
impl SignalsBlocked {
    fn new(_name: &str) -> Result<Self> {
        Ok(SignalsBlocked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[cfg(unix)]
    #[test]
    fn a_thread_of_ours_takes_no_signal_of_the_host_and_the_caller_keeps_its_mask() {
        use nix::sys::signal::{SigSet, Signal};
        let before = SigSet::thread_get_mask().unwrap();
        let (tell, told) = bounded(1);
        let look = move || tell.send(SigSet::thread_get_mask().unwrap()).unwrap();
        assert!(spawn("alimi-test", 128 * 1024, look).unwrap().join(soon()));
        let inside: SigSet = told.recv().unwrap();
        for signal in
            [Signal::SIGTERM, Signal::SIGINT, Signal::SIGALRM, Signal::SIGCHLD, Signal::SIGUSR1, Signal::SIGPIPE]
        {
            assert!(inside.contains(signal), "{signal}");
        }
        assert!(!inside.contains(Signal::SIGSEGV), "a fault must reach the host's handler");
        assert!(!inside.contains(Signal::SIGXCPU), "Mono must be able to stop the thread");
        assert_eq!(SigSet::thread_get_mask().unwrap(), before);
    }

    #[test]
    fn a_panic_ends_at_the_top_of_the_thread() {
        let thread = spawn("alimi-test", 128 * 1024, || std::panic::panic_any(1)).unwrap();
        assert!(thread.join(soon()));
    }

    #[test]
    fn a_thread_that_does_not_end_is_not_waited_for_longer_than_asked() {
        let (open, gate) = bounded::<()>(0);
        let thread = spawn("alimi-test", 128 * 1024, move || {
            let _ = gate.recv();
        })
        .unwrap();
        assert!(!thread.has_ended(Instant::now()));
        drop(open);
        assert!(thread.join(soon()));
    }

    #[test]
    fn a_thread_does_not_wait_for_itself() {
        let (give, given) = bounded::<Thread>(1);
        let (tell, told) = bounded(1);
        let thread = spawn("alimi-test", 128 * 1024, move || {
            let own = given.recv().unwrap();
            assert!(own.is_current());
            tell.send(own.join(soon())).unwrap();
        });
        give.send(thread.unwrap()).unwrap();
        assert!(!told.recv().unwrap());
    }

    #[test]
    fn a_stack_that_the_system_cannot_give_is_an_error_with_the_name_of_the_thread() {
        let error = spawn("alimi-test", usize::MAX / 4, || ()).err().unwrap();
        assert_eq!(error.code(), Code::ThreadStart);
        assert!(error.text().starts_with("thread alimi-test: "), "{error}");
    }
}

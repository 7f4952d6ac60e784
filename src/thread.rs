//! Threads of ours inside a foreign process.
//!
//! Invariants: a thread of ours never takes a signal that was meant for the host: every signal that can arrive from
//! outside is blocked from its first instruction on. Signals that a fault of the thread itself raises stay open, because
//! the host's crash reporter, or the virtual machine whose code a callback runs, must see them. A panic ends at the top
//! of the thread (the join then answers an error); it never reaches the host.

use crate::error::{Code, Error, Result};
use std::thread::{Builder, JoinHandle};

/// Starts a thread with a name (at most 15 bytes, what Linux shows) and a stack of its own size.
pub(crate) fn spawn<F, T>(name: &str, stack_bytes: usize, body: F) -> Result<JoinHandle<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let _mask = SignalsBlocked::new(name)?;
    Builder::new()
        .name(name.to_owned())
        .stack_size(stack_bytes)
        .spawn(body)
        .map_err(|error| refused(name, error.kind()))
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
        let mut mask = SigSet::all();
        for fault in [Signal::SIGSEGV, Signal::SIGBUS, Signal::SIGFPE, Signal::SIGILL, Signal::SIGTRAP, Signal::SIGSYS]
        {
            mask.remove(fault);
        }
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

    #[cfg(unix)]
    #[test]
    fn a_thread_of_ours_takes_no_signal_of_the_host_and_the_caller_keeps_its_mask() {
        use nix::sys::signal::{SigSet, Signal};
        let before = SigSet::thread_get_mask().unwrap();
        let inside = spawn("alimi-test", 128 * 1024, || SigSet::thread_get_mask().unwrap()).unwrap().join().unwrap();
        for signal in
            [Signal::SIGTERM, Signal::SIGINT, Signal::SIGALRM, Signal::SIGCHLD, Signal::SIGUSR1, Signal::SIGPIPE]
        {
            assert!(inside.contains(signal), "{signal}");
        }
        assert!(!inside.contains(Signal::SIGSEGV), "a fault must reach the host's handler");
        assert_eq!(SigSet::thread_get_mask().unwrap(), before);
    }

    #[test]
    fn a_panic_ends_at_the_top_of_the_thread() {
        let thread = spawn("alimi-test", 128 * 1024, || std::panic::panic_any(1)).unwrap();
        assert!(thread.join().is_err());
    }

    #[test]
    fn a_stack_that_the_system_cannot_give_is_an_error_with_the_name_of_the_thread() {
        let error = spawn("alimi-test", usize::MAX / 4, || ()).unwrap_err();
        assert_eq!(error.code(), Code::ThreadStart);
        assert!(error.text().starts_with("thread alimi-test: "), "{error}");
    }
}

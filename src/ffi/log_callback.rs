//! The log of the library, handed to the host.
//!
//! Invariants: the host's function is called without any lock held, so it may call alimi; a line that is written while
//! it runs on the same thread is dropped, so it cannot call itself; after it was replaced no new call of it begins, and
//! the replacing call waits a bounded time for calls that have begun, of every function before it. Only our own lines pass: those of other crates
//! (HTTP, TLS) may show what a log must not.

use super::text::encode_cut;
use crate::config::Encoding;
use crate::error::{Code, Error, Result};
use log::{LevelFilter, Log, Metadata, Record};
use parking_lot::{Condvar, Mutex, RwLock};
use std::cell::Cell;
use std::ffi::{c_char, c_void};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// # Types of callbacks
///
/// The host's function for lines of the log; see alimi_set_log_callback().
///
/// `level` is ALIMI_LOG_ERROR to ALIMI_LOG_TRACE; `text` is UTF-8, one line, valid during the call; `context` is the
/// value given to alimi_set_log_callback(). Called on threads of alimi and on threads that call alimi, several at once.
/// It must return soon and must not throw. It may call alimi; lines that this would write are dropped. Called on the
/// thread that owns the outbox, it holds that up: functions that wait for it answer ALIMI_ERR_INSIDE_CALLBACK there,
/// polls do not wait, and alimi_shutdown() returns ALIMI_PENDING at once.
#[allow(non_camel_case_types, reason = "the name in C")]
pub type alimi_log_callback_t =
    Option<unsafe extern "system" fn(level: i32, text: *const c_char, context: *mut c_void)>;

/// Longest line, in bytes.
const LINE_MAX: usize = 4 * 1024;
/// How long a replacing call waits for calls that have begun.
const WAIT: Duration = Duration::from_secs(5);

static LOGGER: Forward = Forward;
static CURRENT: RwLock<Option<Arc<Sink>>> = RwLock::new(None);
/// Replaced, and a call may still be running: a function may have replaced itself.
static REPLACED: Mutex<Vec<Arc<Sink>>> = Mutex::new(Vec::new());

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

struct Sink {
    function: unsafe extern "system" fn(i32, *const c_char, *mut c_void),
    context: *mut c_void,
    /// Calls that have begun and not returned.
    running: Mutex<u32>,
    idle: Condvar,
}

// SAFETY: `context` is never looked at here; the host was told that its function is called on several threads.
unsafe impl Send for Sink {}
// SAFETY: the same.
unsafe impl Sync for Sink {}

/// Installs, replaces or (with `None`) removes the host's function.
pub(super) fn set(level: i32, function: alimi_log_callback_t, context: *mut c_void) -> Result<Code> {
    let level = LevelFilter::iter().find(|&filter| filter as i32 == level).ok_or_else(|| {
        Error::new(
            Code::InvalidArgument,
            format!("level: is {level}; allowed are ALIMI_LOG_OFF (0) to ALIMI_LOG_TRACE (5)"),
        )
    })?;
    let sink =
        function.map(|function| Arc::new(Sink { function, context, running: Mutex::new(0), idle: Condvar::new() }));
    install()?;
    log::set_max_level(if sink.is_some() { level } else { LevelFilter::Off });
    let old = std::mem::replace(&mut *CURRENT.write(), sink);
    REPLACED.lock().extend(old);
    let ended = wait_for_replaced(Instant::now() + WAIT);
    Ok(if ended { Code::Ok } else { Code::CallbackRunning })
}

/// Waits until no call of a replaced function is running.
fn wait_for_replaced(deadline: Instant) -> bool {
    // No lock is held while waiting: a call that is running may come here too.
    let replaced = REPLACED.lock().clone();
    let ended = replaced.iter().all(|sink| sink.wait_until_idle(deadline));
    REPLACED.lock().retain(|sink| *sink.running.lock() > 0);
    ended
}

/// Makes [`LOGGER`] the logger of this library's own `log` facade, once.
fn install() -> Result<()> {
    static INSTALLED: Mutex<bool> = Mutex::new(false);
    let mut installed = INSTALLED.lock();
    if !*installed {
        log::set_logger(&LOGGER).map_err(|_| Error::new(Code::Internal, "the log of this process has an owner"))?;
        *installed = true;
    }
    Ok(())
}

impl Sink {
    fn call(&self, level: i32, line: &[u8]) {
        INSIDE.set(true);
        // SAFETY: `line` ends with a NUL and lives through the call; the function is the host's.
        unsafe { (self.function)(level, line.as_ptr().cast(), self.context) };
        INSIDE.set(false);
        *self.running.lock() -= 1;
        self.idle.notify_all();
    }

    fn wait_until_idle(&self, deadline: Instant) -> bool {
        let mut running = self.running.lock();
        // From inside the function itself waiting would be for ever.
        while *running > 0 && !INSIDE.get() {
            if self.idle.wait_until(&mut running, deadline).timed_out() {
                break;
            }
        }
        *running == 0
    }
}

struct Forward;

impl Log for Forward {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().split("::").next() == Some("alimi")
    }

    fn log(&self, record: &Record<'_>) {
        // A thread that is ending has lost the flag; its lines are dropped.
        if !self.enabled(record.metadata()) || INSIDE.try_with(Cell::get).unwrap_or(true) {
            return;
        }
        let sink = {
            let current = CURRENT.read();
            let Some(sink) = current.as_ref() else { return };
            // Counted under the lock, so that `set` sees every call that may still begin.
            *sink.running.lock() += 1;
            Arc::clone(sink)
        };
        let text = record.args().to_string().replace(['\r', '\n'], " ");
        let mut line: Vec<u8> = encode_cut(&text, Encoding::Utf8, LINE_MAX).into_owned();
        line.push(0);
        sink.call(record.level() as i32, &line);
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;
    use std::sync::mpsc;

    struct Host {
        lines: mpsc::Sender<(i32, String)>,
        from_inside: Mutex<Option<Code>>,
        gate: Option<mpsc::Receiver<()>>,
    }

    unsafe extern "system" fn record(level: i32, text: *const c_char, context: *mut c_void) {
        // SAFETY: the test keeps the host alive until the function was removed; the text is terminated.
        let (host, text) = unsafe { (&*context.cast::<Host>(), CStr::from_ptr(text)) };
        log::error!(target: "alimi::test", "a line from inside is dropped");
        host.lines.send((level, text.to_str().unwrap().to_owned())).unwrap();
        if text.to_bytes() == b"remove" {
            *host.from_inside.lock() = Some(set(0, None, std::ptr::null_mut()).unwrap());
        }
        if let Some(gate) = &host.gate {
            gate.recv().unwrap();
        }
    }

    /// One test, because the log is one for the process.
    #[test]
    fn lines_reach_the_host_until_it_removes_its_function_from_outside_or_inside() {
        let (lines, received) = mpsc::channel();
        let mut host = Host { lines, from_inside: Mutex::new(None), gate: None };
        let context: *mut c_void = (&raw mut host).cast();

        assert_eq!(set(3, Some(record), context), Ok(Code::Ok));
        log::info!(target: "alimi::test", "one\ntwo");
        log::debug!(target: "alimi::test", "too fine");
        log::error!(target: "hyper", "a foreign line");
        log::error!(target: "alimist", "another foreign line");
        assert_eq!(received.try_iter().collect::<Vec<_>>(), [(3, "one two".into())]);

        assert_eq!(set(0, None, std::ptr::null_mut()), Ok(Code::Ok));
        log::error!(target: "alimi::test", "nobody listens");
        assert_eq!(received.try_iter().count(), 0);

        assert_eq!(set(1, Some(record), context), Ok(Code::Ok));
        log::error!(target: "alimi::test", "remove");
        log::error!(target: "alimi::test", "nobody listens");
        assert_eq!(received.try_iter().count(), 1);
        assert_eq!(*host.from_inside.lock(), Some(Code::CallbackRunning));

        for level in [-1, 6, i32::MAX] {
            assert_eq!(set(level, Some(record), context).unwrap_err().code(), Code::InvalidArgument);
        }
        a_call_that_has_begun_is_awaited();
    }

    fn a_call_that_has_begun_is_awaited() {
        let (lines, received) = mpsc::channel();
        let (open, gate) = mpsc::channel();
        let mut host = Host { lines, from_inside: Mutex::new(None), gate: Some(gate) };
        assert_eq!(set(1, Some(record), (&raw mut host).cast()), Ok(Code::Ok));
        let thread = std::thread::spawn(|| log::error!(target: "alimi::test", "held"));
        assert_eq!(received.recv().unwrap().1, "held");
        let old = CURRENT.read().clone().unwrap();
        assert!(!old.wait_until_idle(Instant::now()), "a deadline ends the waiting");
        open.send(()).unwrap();
        assert_eq!(set(0, None, std::ptr::null_mut()), Ok(Code::Ok));
        assert_eq!(*old.running.lock(), 0);
        thread.join().unwrap();
    }
}

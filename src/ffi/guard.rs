//! What stands between C and every function: the fork check, the panic guard, the last error of the thread.
//!
//! Invariants: the fork check comes first and takes no lock, because a lock may be held for ever in a forked child; no
//! panic passes; the last error stays until the next one of the same thread, reading does not consume it.

use super::handles::{self, Opened};
use super::lent::Lent;
use super::text;
use super::unit::Unit;
use crate::config::Encoding;
use crate::error::{Code, Error, Result};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Longest text that [`last_error`] gives, with the NUL. `ALIMI_ERROR_SIZE` of the header.
pub(super) const ERROR_BYTES_MAX: usize = 1024;

/// The process that called `alimi_init` first; 0 before.
static OWNER: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static LAST: RefCell<Refusal> = const { RefCell::new(Refusal { text: String::new(), encoding: Encoding::Utf8 }) };
}

/// An error and the encoding in which its reader wants it.
#[derive(Clone)]
pub(super) struct Refusal {
    text: String,
    encoding: Encoding,
}

/// Runs the body of an exported function.
pub(super) fn guard(body: impl FnOnce() -> Result<Code>) -> i32 {
    guard_in(|encoding| {
        *encoding = Encoding::Utf8;
        body()
    })
}

/// [`guard`] for functions that learn the caller's encoding on the way.
pub(super) fn guard_in(body: impl FnOnce(&mut Encoding) -> Result<Code>) -> i32 {
    let _lent = Lent::take();
    if forked() {
        return Code::Forked as i32;
    }
    let mut encoding = Encoding::Utf8;
    let error = match catch_unwind(AssertUnwindSafe(|| body(&mut encoding))) {
        Ok(Ok(code)) => return code as i32,
        Ok(Err(error)) => error,
        Err(payload) => {
            // Dropping a foreign payload may panic again.
            std::mem::forget(payload);
            Error::new(Code::Internal, "a fault inside alimi was caught; the outbox is kept")
        }
    };
    note(&error, encoding);
    error.code() as i32
}

/// [`guard`] for the functions of one client.
pub(super) fn with_client(handle: i32, body: impl FnOnce(&Arc<Opened>) -> Result<Code>) -> i32 {
    guard_in(|encoding| {
        let opened = handles::find(handle)?;
        *encoding = opened.encoding;
        body(&opened)
    })
}

/// Makes `error` the last error of this thread.
pub(super) fn note(error: &Error, encoding: Encoding) {
    let refusal = Refusal { text: error.to_string(), encoding };
    // A thread that is ending has no last error any more; that is no reason to fail.
    let _ = LAST.try_with(|last| last.try_borrow_mut().map(|mut last| *last = refusal));
}

/// The last error of this thread in the encoding of the client it concerned; empty when there was none.
pub(super) fn last_error<T: Unit>() -> Vec<T> {
    let last = LAST.try_with(|last| last.try_borrow().map(|last| last.clone()));
    let Ok(Ok(Refusal { text, encoding })) = last else { return Vec::new() };
    text::encode_cut(&text, encoding, ERROR_BYTES_MAX - 1).into_owned()
}

/// Remembers the process; a child that is forked from now on is refused.
pub(super) fn own_process() {
    let _ = OWNER.compare_exchange(0, std::process::id(), Ordering::Relaxed, Ordering::Relaxed);
}

fn forked() -> bool {
    let owner = OWNER.load(Ordering::Relaxed);
    owner != 0 && owner != std::process::id()
}

/// Silences panics: the host may have no standard error, or keep it in a log where personal data must not stand. Only
/// the place goes to our log, never the payload. This is the hook of the library's own copy of the standard library.
pub(super) fn silence_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    // The unit tests share the standard library with the test harness, which needs its messages; so does a fuzzer.
    if cfg!(any(test, fuzzing)) {
        return;
    }
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| match panic.location() {
            Some(place) => log::error!("a fault inside alimi at {}:{}", place.file(), place.line()),
            None => log::error!("a fault inside alimi"),
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_and_its_text_is_not_shown() {
        let code = guard(|| panic!("010-0000-0000"));
        assert_eq!(code, Code::Internal as i32);
        let text = String::from_utf8(last_error()).unwrap();
        assert!(text.starts_with("ALIMI_ERR_INTERNAL (-900): "), "{text}");
        assert!(!text.contains("010"), "{text}");
    }

    #[test]
    fn a_payload_that_panics_when_it_is_dropped_does_no_harm() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("again");
            }
        }
        assert_eq!(guard(|| std::panic::panic_any(Bomb)), Code::Internal as i32);
    }

    #[test]
    fn the_last_error_belongs_to_its_thread_and_stays_until_the_next() {
        guard(|| Err(Error::new(Code::NotFound, "first")));
        std::thread::spawn(|| assert!(last_error::<u8>().is_empty())).join().unwrap();
        guard(|| Ok(Code::Ok));
        assert_eq!(last_error::<u8>(), last_error::<u8>());
        assert!(last_error::<u8>().ends_with(b": first"));
        guard(|| Err(Error::new(Code::NotFound, "second")));
        assert!(last_error::<u8>().ends_with(b": second"));
    }

    #[test]
    fn a_long_error_is_cut_at_a_character_in_the_encoding_of_the_client() {
        for encoding in [Encoding::Utf8, Encoding::Cp949] {
            for shift in 0..3 {
                let text = format!("{}{}", "x".repeat(shift), "가".repeat(2_000));
                note(&Error::new(Code::Option, text), encoding);
                let bytes = last_error::<u8>();
                assert!(bytes.len() < ERROR_BYTES_MAX && bytes.len() > ERROR_BYTES_MAX - 8);
                assert!(crate::encoding::decode(&bytes, encoding).is_ok());
            }
        }
    }
}

//! How the engine's end of the channel goes without leaving anybody waiting.
//!
//! Invariant: an event that was sent is taken by the engine, or dropped with the answer it holds, or its sender sees the
//! flag; no order of the two ends leaves a caller waiting for an answer that nobody gives.

use super::sync::{Arc, AtomicBool, Ordering, Receiver};

/// The engine's end of the channel. When it goes, what is still in the channel is dropped, so that whoever waits for an
/// answer is told at once: by itself a channel keeps that until its last sender is gone. What comes later still is known
/// by the flag, which is set first: who sends looks at it afterwards.
pub(crate) struct Inlet<E> {
    pub events: Receiver<E>,
    pub gone: Arc<AtomicBool>,
}

impl<E> Drop for Inlet<E> {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::SeqCst);
        while self.events.try_recv().is_ok() {}
    }
}

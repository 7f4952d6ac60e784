//! With what the engine and its callers wait for each other. The tests compile the files that use this a second time over
//! primitives that try every order of the threads' steps: see `model.rs`.

pub(super) use crossbeam_channel::Receiver;
pub(super) use parking_lot::{Condvar, Mutex};
pub(super) use std::sync::Arc;
pub(super) use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
pub(super) use std::thread::{Thread, current, park_timeout, yield_now};

/// How long a lone caller looks out for its answer before it sleeps: about as long as a sync takes.
pub(super) const LOOK_OUT: std::time::Duration = std::time::Duration::from_micros(300);

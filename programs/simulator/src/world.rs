//! Everything that the calls share: the set-up, the clock and, behind one lock, what the vendors know.
//!
//! Invariants: whoever takes the lock sees everything applied that is due; the lock is never held while something waits.

use crate::ask::Ask;
use crate::clock::Clock;
use crate::fate::Tries;
use crate::setup::Setup;
use crate::store::Store;
use crate::vendor::Memories;
use crate::{Captured, Options};
use parking_lot::{Mutex, MutexGuard};
use std::collections::VecDeque;
use tokio::sync::{Notify, watch};

/// The simulated world.
#[derive(Debug)]
pub struct World {
    /// What is registered.
    pub setup: Setup,
    /// How it was started.
    pub options: Options,
    /// Its time.
    pub clock: Clock,
    /// Whether connections are taken at all.
    pub listening: watch::Sender<bool>,
    /// Told when something is due earlier than was known, or when time moved.
    pub moved: Notify,
    captured: Mutex<VecDeque<Captured>>,
    state: Mutex<State>,
}

/// What is behind the lock.
#[derive(Debug)]
pub struct State {
    /// Messages and reports.
    pub store: Store,
    /// How often messages were tried.
    pub tries: Tries,
    /// What single vendors remember beside it.
    pub memories: Memories,
}

impl World {
    /// A world in which nothing happened yet.
    pub fn new(options: Options, setup: Setup) -> World {
        let state = State { store: Store::new(&options), tries: Tries::default(), memories: Memories::default() };
        World {
            setup,
            clock: Clock::ahead(options.ahead_ms),
            options,
            listening: watch::Sender::new(true),
            moved: Notify::new(),
            captured: Mutex::default(),
            state: Mutex::new(state),
        }
    }

    /// What the vendors know by now.
    pub fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock();
        state.store.settle(self.clock.now());
        state
    }

    /// Forgets everything that happened; faults, set-up and clock stay.
    pub fn reset(&self) {
        let mut state = self.state.lock();
        let faults = std::mem::replace(&mut state.store.faults, crate::faults::Faults::new(0));
        state.store = Store::new(&self.options);
        state.store.faults = faults;
        state.tries.clear();
        state.memories = Memories::default();
        self.captured.lock().clear();
    }

    /// Keeps a request for `GET /control/requests`.
    pub fn capture(&self, ask: &Ask, status: u16) {
        if self.options.capture == 0 {
            return;
        }
        let mut captured = self.captured.lock();
        while captured.len() >= self.options.capture {
            captured.pop_front();
        }
        captured.push_back(Captured::of(ask, status));
    }

    /// The kept requests, oldest first.
    pub fn captured(&self) -> Vec<Captured> {
        self.captured.lock().iter().cloned().collect()
    }
}

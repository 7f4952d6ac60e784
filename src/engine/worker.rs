//! The thread around [`Engine::step`]: waits, groups, delivers the effects.

use super::{Engine, Event, GROUP_MAX};
use crate::error::{Code, Error, Result};
use crate::gateway::Errand;
use crate::time::Timestamp;
use crossbeam_channel::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// How long the thread looks for the next event before it sleeps: waking a thread costs more than that.
const SPIN: Duration = Duration::from_micros(40);
/// The longest sleep; only a bound, nothing is polled.
const SLEEP_MAX: Duration = Duration::from_secs(86_400);

/// Where errands go. False when the network's thread is gone.
pub(crate) trait Outlet: Send {
    /// Takes an errand; never blocks.
    fn hand(&self, errand: Errand) -> bool;
    /// No more errands come and answers are no longer waited for.
    fn cancel(&self);
    /// Waits until nothing can leave any more.
    fn wait(&self);
}

/// Runs until the engine has stopped. Returns whether messages remain in the outbox; an error when nothing can be sent any
/// more. The outbox is let go of last: what still leaves after that, another process could send again.
pub(crate) fn run(mut engine: Engine, events: Receiver<Event>, outlet: &impl Outlet) -> Result<bool> {
    let mut worked = true;
    loop {
        let group = gather(&mut engine, &events, worked);
        worked = !group.is_empty();
        let effects = engine.step(group, Timestamp::now(), Instant::now());
        // Callers first: they have waited for the disk.
        for reply in effects.replies {
            reply.send();
        }
        for errand in effects.errands {
            if !outlet.hand(errand) {
                return Err(Error::new(Code::Internal, "the network stopped on a fault; what was accepted is kept"));
            }
        }
        if effects.stopped {
            outlet.cancel();
            // The network may be about to bring news, and waits where nobody takes them.
            drop(events);
            outlet.wait();
            return Ok(engine.close());
        }
    }
}

/// The next group: everything that has arrived, or nothing when something has become due by time.
fn gather(engine: &mut Engine, events: &Receiver<Event>, spin: bool) -> Vec<Event> {
    let mut group = Vec::new();
    let first = match events.try_recv() {
        Ok(event) => Some(event),
        Err(_) => wait(engine, events, spin),
    };
    let Some(first) = first else { return group };
    let mut messages = weight(&first);
    group.push(first);
    while messages < GROUP_MAX {
        let Ok(event) = events.try_recv() else { break };
        messages += weight(&event);
        group.push(event);
    }
    group
}

fn weight(event: &Event) -> usize {
    match event {
        Event::Submit { messages, .. } => messages.len().max(1),
        _ => 1,
    }
}

fn wait(engine: &mut Engine, events: &Receiver<Event>, spin: bool) -> Option<Event> {
    if spin {
        let start = Instant::now();
        while start.elapsed() < SPIN {
            if let Ok(event) = events.try_recv() {
                return Some(event);
            }
            std::hint::spin_loop();
        }
    }
    let sleep = engine.sleep(Timestamp::now(), Instant::now()).min(SLEEP_MAX);
    if sleep.is_zero() {
        return events.try_recv().ok();
    }
    match events.recv_timeout(sleep) {
        Ok(event) => Some(event),
        Err(RecvTimeoutError::Timeout) => None,
        // Every client handle is gone without a stop: end now, what is kept stays kept.
        Err(RecvTimeoutError::Disconnected) => Some(Event::Stop { deadline: Instant::now() }),
    }
}

//! The thread around [`Engine::step`]: waits, groups, delivers the effects.

use super::{Engine, Event, GROUP_MAX, Inlet};
use crate::config::Settings;
use crate::error::{Code, Error, Result};
use crate::gateway::Job;
use crate::time::Timestamp;
use crossbeam_channel::{Receiver, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// How long the thread looks out for the next event before it sleeps.
const LOOK_OUT: Duration = Duration::from_micros(60);
/// The longest sleep; only a bound, nothing is polled.
const SLEEP_MAX: Duration = Duration::from_secs(86_400);

/// Where errands go. False when the network's thread is gone.
pub(crate) trait Outlet: Send {
    /// Takes a job; never blocks.
    fn hand(&self, job: Job) -> bool;
    /// From now on the gateways of these settings; an error names what cannot be used, and nothing changes.
    fn change(&self, _settings: &Arc<Settings>) -> Result<()> {
        Ok(())
    }
    /// No more errands come and answers are no longer waited for.
    fn cancel(&self);
    /// Waits until nothing can leave any more.
    fn wait(&self);
}

/// Runs until the engine has stopped. Returns whether messages remain in the outbox; an error when nothing can be sent any
/// more. The outbox is let go of last: what still leaves after that, another process could send again.
///
/// `stop` holds the deadline of a shutdown. It stands beside the channel because that may be full just then; who sets it
/// sends an event where there is room, and where there is none the engine is awake.
pub(crate) fn run(
    mut engine: Engine,
    inlet: Inlet<Event>,
    stop: &OnceLock<Instant>,
    outlet: &impl Outlet,
) -> Result<bool> {
    let mut answered = 0;
    loop {
        let mut group = gather(&mut engine, &inlet.events, answered);
        group.extend(stop.get().map(|&deadline| Event::Stop { deadline }));
        let effects = engine.step(group, Timestamp::now(), Instant::now());
        answered = effects.replies.len();
        // Callers first: they have waited for the disk.
        for reply in effects.replies {
            reply.send();
        }
        for job in effects.jobs {
            if !outlet.hand(job) {
                return Err(Error::new(Code::Internal, "the network stopped on a fault; what was accepted is kept"));
            }
        }
        if effects.stopped {
            outlet.cancel();
            // The network may be about to bring news, and waits where nobody takes them.
            drop(inlet);
            outlet.wait();
            return Ok(engine.close());
        }
    }
}

/// The next group: everything that has arrived, or nothing when something has become due by time. `answered` callers
/// were answered last time: those who send in a loop are about to come back, and one sync for all of them is far cheaper
/// than two, so they are looked out for, but no longer than a fraction of a sync takes.
fn gather(engine: &mut Engine, events: &Receiver<Event>, answered: usize) -> Vec<Event> {
    let mut group = Vec::new();
    let Some(first) = look_out(events).or_else(|| sleep(engine, events)) else { return group };
    let mut messages = weight(&first);
    group.push(first);
    let start = Instant::now();
    while messages < GROUP_MAX {
        match events.try_recv() {
            Ok(event) => {
                messages += weight(&event);
                group.push(event);
            }
            Err(_) if group.len() < answered && start.elapsed() < LOOK_OUT => std::thread::yield_now(),
            Err(_) => break,
        }
    }
    group
}

/// Looks for the next event for a while: waking a sleeping thread costs more than that.
fn look_out(events: &Receiver<Event>) -> Option<Event> {
    let start = Instant::now();
    loop {
        match events.try_recv() {
            Ok(event) => return Some(event),
            Err(_) if start.elapsed() >= LOOK_OUT => return None,
            Err(_) => std::thread::yield_now(),
        }
    }
}

fn weight(event: &Event) -> usize {
    match event {
        Event::Submit { batch, .. } => batch.ready().max(1),
        _ => 1,
    }
}

/// Sleeps until something arrives or becomes due.
fn sleep(engine: &mut Engine, events: &Receiver<Event>) -> Option<Event> {
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

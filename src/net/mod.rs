//! The one thread that owns the network: takes errands, brings news.
//!
//! Invariants: it never blocks on the engine for long and never touches the outbox; every errand is answered within the
//! request's time, whatever the other side does; when it is told to cancel, it drops what is under way and ends at once.

mod http;
mod sandbox;

use crate::config::{GatewaySettings, Settings};
use crate::engine::{Event, Outlet};
use crate::error::{Code, Error, Result};
use crate::gateway::{Errand, News, Parcel, Task, Word};
use crate::logging::Log;
use crate::message::{Class, Outcome, Reason};
use crate::thread::Thread;
use crossbeam_channel::Sender;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How long the engine waits for this thread at the end.
const END_WAIT: Duration = Duration::from_secs(60);
const STACK_BYTES: usize = 512 * 1024;

/// The engine's way to the network. Errands under way are bounded by the engine (`IN_FLIGHT_MAX`, `LOOK_UPS_MAX`).
pub(crate) struct Network {
    errands: UnboundedSender<Order>,
    thread: Mutex<Option<Thread>>,
}

enum Order {
    Errand(Errand),
    Cancel,
}

impl Outlet for Network {
    fn hand(&self, errand: Errand) -> bool {
        self.errands.send(Order::Errand(errand)).is_ok()
    }

    fn cancel(&self) {
        let _ = self.errands.send(Order::Cancel);
    }

    fn wait(&self) {
        if let Some(thread) = self.thread.lock().take() {
            // It ends as soon as it sees the order to; only a bound.
            thread.join(Instant::now() + END_WAIT);
        }
    }
}

/// Where news goes.
#[derive(Clone)]
struct Newsroom {
    engine: Sender<Event>,
}

impl Newsroom {
    /// Brings news to the engine. The engine is always about to take it: it never waits for this thread.
    fn tell(&self, news: News) {
        let _ = self.engine.send(Event::Heard(news));
    }
}

/// One gateway as the network sees it.
trait Peer {
    /// Carries an errand out; the news goes to the newsroom.
    fn run(self: Rc<Self>, errand: Errand, newsroom: Newsroom);
}

/// Starts the network's thread.
pub(crate) fn start(settings: &Arc<Settings>, engine: Sender<Event>, log: Log) -> Result<Network> {
    let (errands, orders) = unbounded_channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|e| Error::new(Code::ThreadStart, format!("the network's runtime cannot be made: {e}")))?;
    let settings = Arc::clone(settings);
    let thread = crate::thread::spawn("alimi-net", STACK_BYTES, move || {
        let local = tokio::task::LocalSet::new();
        let peers = settings.gateways.iter().map(|(name, gateway)| (name.clone(), peer(gateway, &settings, &log)));
        local.block_on(&runtime, serve(peers.collect(), orders, Newsroom { engine }, log.clone()));
        // Dropping the set and the runtime drops what is under way.
    })?;
    Ok(Network { errands, thread: Mutex::new(Some(thread)) })
}

async fn serve(
    peers: BTreeMap<String, Rc<dyn Peer>>,
    mut orders: UnboundedReceiver<Order>,
    newsroom: Newsroom,
    log: Log,
) {
    while let Some(Order::Errand(errand)) = orders.recv().await {
        // The engine sends only what is configured.
        let Some(peer) = peers.get(errand.gateway.as_str()) else { continue };
        let lost = lost(&errand);
        let run = || Rc::clone(peer).run(errand, newsroom.clone());
        if let Err(payload) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) {
            // Dropping a foreign payload may panic again.
            std::mem::forget(payload);
            log.error(format_args!("a fault inside alimi while a request was made; whether it left is not known"));
            newsroom.tell(lost);
        }
    }
}

/// What is to be said when nobody knows how far an errand came.
fn lost(errand: &Errand) -> News {
    let unknown = Outcome::new(Class::Uncertain, Reason::AnswerLost);
    let word = |parcel: &Parcel| Word {
        id: parcel.id,
        channel: errand.channel,
        attempt: parcel.attempt,
        outcome: unknown.clone(),
    };
    match errand.task {
        Task::Send => {
            News::Answered { gateway: errand.gateway.clone(), words: errand.parcels.iter().map(word).collect() }
        }
        Task::LookUp => {
            News::LookedUp { words: Vec::new(), unasked: errand.parcels.iter().map(|parcel| parcel.id).collect() }
        }
        Task::Cancel => News::Cancelled(errand.parcels.iter().map(word).collect()),
    }
}

fn peer(gateway: &GatewaySettings, settings: &Settings, log: &Log) -> Rc<dyn Peer> {
    match gateway {
        GatewaySettings::Sandbox(sandbox) => {
            Rc::new(sandbox::Sandbox::new(sandbox, settings.retry.request_timeout, log.clone()))
        }
        GatewaySettings::Remote(_) => Rc::new(http::Http),
    }
}

#[cfg(test)]
mod tests;

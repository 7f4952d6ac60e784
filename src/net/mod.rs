//! The one thread that owns the network: takes jobs, brings news.
//!
//! Invariants: it never blocks on the engine for long and never touches the outbox; every job is answered within its
//! time, whatever the other side does; when it is told to cancel, it drops what is under way and ends at once.

mod client;
mod remote;
mod sandbox;
mod server_clock;
mod tls;
mod trouble;

use crate::config::{GatewaySettings, Settings};
use crate::engine::{Event, Outlet, Pulse};
use crate::error::{Code, Error, Result};
use crate::gateway::{Errand, Inquiry, Job, News, Parcel, Task, Word};
use crate::logging::Log;
use crate::message::{Class, Outcome, Reason};
use crate::thread::Thread;
use client::HttpClient;
use crossbeam_channel::Sender;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How long the engine waits for this thread at the end.
const END_WAIT: Duration = Duration::from_secs(60);
const STACK_BYTES: usize = 1024 * 1024;
/// Names are resolved by the system, which blocks: on threads of their own that end soon after.
const RESOLVERS_MAX: usize = 4;
const RESOLVER_IDLE: Duration = Duration::from_millis(200);

/// The engine's way to the network. Jobs under way are bounded by the engine (`IN_FLIGHT_MAX`, `LOOK_UPS_MAX`, one poll
/// for each gateway).
pub(crate) struct Network {
    orders: UnboundedSender<Order>,
    thread: Mutex<Option<Thread>>,
    log: Log,
}

enum Order {
    Job(Job),
    /// From now on these gateways; what is under way goes on.
    Gateways(Gateways),
    Cancel,
}

/// The gateways of a configuration, ready to be spoken to.
struct Gateways {
    settings: Arc<Settings>,
    clients: BTreeMap<String, HttpClient>,
}

impl Gateways {
    /// Makes what can fail: a file of certificates that cannot be read, a proxy that is none.
    fn new(settings: &Arc<Settings>, log: &Log) -> Result<Gateways> {
        let mut clients = BTreeMap::new();
        for (name, gateway) in &settings.gateways {
            if let GatewaySettings::Remote(remote) = gateway {
                let path = format!("gateways.{}", crate::json::shown(name));
                clients.insert(name.clone(), HttpClient::new(&path, remote, settings.retry.request_timeout, log)?);
            }
        }
        Ok(Gateways { settings: Arc::clone(settings), clients })
    }

    /// On the network's own thread.
    fn peers(mut self, pulse: &Arc<Mutex<Pulse>>, log: &Log) -> BTreeMap<String, Rc<dyn Peer>> {
        let timeout = self.settings.retry.request_timeout;
        let mut peers: BTreeMap<String, Rc<dyn Peer>> = BTreeMap::new();
        for (name, gateway) in &self.settings.gateways {
            match (gateway, self.clients.remove(name)) {
                (GatewaySettings::Sandbox(sandbox), _) => {
                    peers.insert(name.clone(), Rc::new(sandbox::Sandbox::new(sandbox, timeout, log.clone())));
                }
                (GatewaySettings::Remote(remote), Some(client)) => {
                    let (pulse, log) = (Arc::clone(pulse), log.clone());
                    let remote = remote::Remote::new(name, remote, client, timeout, pulse, log);
                    peers.insert(name.clone(), Rc::new(remote));
                }
                // `new` made one for each.
                (GatewaySettings::Remote(_), None) => {}
            }
        }
        peers
    }
}

impl Outlet for Network {
    fn hand(&self, job: Job) -> bool {
        self.orders.send(Order::Job(job)).is_ok()
    }

    fn change(&self, settings: &Arc<Settings>) -> Result<()> {
        let gateways = Gateways::new(settings, &self.log)?;
        let _ = self.orders.send(Order::Gateways(gateways));
        Ok(())
    }

    fn cancel(&self) {
        let _ = self.orders.send(Order::Cancel);
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
    /// Does a job; the news goes to the newsroom.
    fn run(self: Rc<Self>, job: Job, newsroom: Newsroom);
}

/// Starts the network's thread.
pub(crate) fn start(
    settings: &Arc<Settings>,
    engine: Sender<Event>,
    pulse: &Arc<Mutex<Pulse>>,
    log: Log,
) -> Result<Network> {
    let gateways = Gateways::new(settings, &log)?;
    let (orders, ordered) = unbounded_channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(RESOLVERS_MAX)
        .thread_keep_alive(RESOLVER_IDLE)
        .thread_name("alimi-resolve")
        .build()
        .map_err(|e| Error::new(Code::ThreadStart, format!("the network's runtime cannot be made: {e}")))?;
    let (thread_pulse, thread_log) = (Arc::clone(pulse), log.clone());
    let thread = crate::thread::spawn("alimi-net", STACK_BYTES, move || {
        let local = tokio::task::LocalSet::new();
        let desk = Desk { pulse: thread_pulse, newsroom: Newsroom { engine }, log: thread_log };
        let peers = gateways.peers(&desk.pulse, &desk.log);
        local.block_on(&runtime, desk.serve(peers, ordered));
        // What is under way is dropped with the set. A name that is being resolved is not waited for.
        drop(local);
        runtime.shutdown_background();
    })?;
    Ok(Network { orders, thread: Mutex::new(Some(thread)), log })
}

/// What the thread needs beside its peers.
struct Desk {
    pulse: Arc<Mutex<Pulse>>,
    newsroom: Newsroom,
    log: Log,
}

impl Desk {
    async fn serve(&self, mut peers: BTreeMap<String, Rc<dyn Peer>>, mut orders: UnboundedReceiver<Order>) {
        while let Some(order) = orders.recv().await {
            match order {
                Order::Cancel => return,
                Order::Gateways(gateways) => peers = gateways.peers(&self.pulse, &self.log),
                Order::Job(job) => self.start(&peers, job),
            }
        }
    }

    fn start(&self, peers: &BTreeMap<String, Rc<dyn Peer>>, job: Job) {
        let lost = lost(&job);
        let tell = |news: Option<News>| news.into_iter().for_each(|news| self.newsroom.tell(news));
        // A change of the configuration may have overtaken it; it has not left.
        let Some(peer) = peers.get(job.gateway()) else { return tell(unable(&job)) };
        let run = || Rc::clone(peer).run(job, self.newsroom.clone());
        if let Err(payload) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) {
            // Dropping a foreign payload may panic again.
            std::mem::forget(payload);
            log_fault(&self.log);
            tell(lost);
        }
    }
}

fn log_fault(log: &Log) {
    log.error(format_args!("a fault inside alimi while a request was made; whether it left is not known"));
}

/// What is to be said when nobody knows how far a job came.
fn lost(job: &Job) -> Option<News> {
    unanswered(job, &Outcome::new(Class::Uncertain, Reason::AnswerLost))
}

/// What is to be said when a job certainly was not begun.
fn unable(job: &Job) -> Option<News> {
    unanswered(job, &Outcome::new(Class::Transient, Reason::GatewayConfiguration))
}

fn unanswered(job: &Job, outcome: &Outcome) -> Option<News> {
    let errand = match job {
        Job::Errand(errand) => errand,
        Job::Poll { gateway, cursor, .. } => {
            let (gateway, cursor) = (gateway.clone(), cursor.clone());
            return Some(News::Polled { gateway, reports: Vec::new(), cursor, more: false, receipt: None });
        }
        Job::Confirm { .. } => return None,
        Job::Templates(Inquiry { gateway, sender, .. }) => {
            return Some(News::Listed { gateway: gateway.clone(), sender: *sender, templates: None });
        }
    };
    let Errand { task, gateway, channel, parcels, .. } = errand;
    let word =
        |parcel: &Parcel| Word { id: parcel.id, channel: *channel, attempt: parcel.attempt, outcome: outcome.clone() };
    Some(match task {
        Task::Send => News::Answered { gateway: gateway.clone(), words: parcels.iter().map(word).collect() },
        Task::LookUp => News::LookedUp { words: Vec::new(), unasked: parcels.iter().map(|parcel| parcel.id).collect() },
        Task::Cancel => News::Cancelled(parcels.iter().map(word).collect()),
    })
}

#[cfg(test)]
mod tests;

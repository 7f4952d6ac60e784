//! A vendor's gateway: carries the adapter's dialogues out.
//!
//! Invariants: every dialogue ends within its time, whatever the other side does: for a send that is twice the request's
//! time, half of it for waiting its turn, so that the engine, which waits longer, never takes a message for lost that may
//! still leave; requests under way, and their rates, are bounded; still waiting its turn when the time runs out is not even
//! a try, being under way then is "lost".

use super::client::HttpClient;
use super::server_clock::{ServerClock, widen};
use super::{Newsroom, Peer, lost};
use crate::config::RemoteSettings;
use crate::engine::Pulse;
use crate::gateway::{Adapter, Errand, Failure, Heard, Job, Moment, News, Order, Request, Step, Task, adapter};
use crate::logging::Log;
use crate::message::{Class, Outcome, Reason};
use crate::time::Timestamp;
use governor::clock::Clock;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use parking_lot::Mutex;
use std::cell::Cell;
use std::future::poll_fn;
use std::num::NonZeroU32;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// Most requests of one dialogue; look-ups of many pages stay far below it.
const STEPS_MAX: usize = 200;
/// How long anything but a send may take; below the engine's lease of a look-up.
const OTHER_WAIT: Duration = Duration::from_secs(50);
/// With clocks that differ by more, nothing is taken for absent. Adapters look at ten minutes and more around a message.
const CLOCK_DIFFERENCE_DOUBTED: i64 = 5 * 60_000;
/// A clock that differs by more is warned of: some vendors refuse requests then.
const CLOCK_DIFFERENCE_MAX: i64 = 60_000;

pub(super) struct Remote {
    name: String,
    adapter: Box<dyn Adapter>,
    client: HttpClient,
    request_timeout: Duration,
    slots: Semaphore,
    /// Of these, those for sends: under load reports must not wait behind them.
    sends: Semaphore,
    messages: Option<DefaultDirectRateLimiter>,
    requests: Option<DefaultDirectRateLimiter>,
    pulse: Arc<Mutex<Pulse>>,
    log: Log,
    clock: ServerClock,
    warned_of_clock: Cell<bool>,
}

/// The times of one dialogue.
#[derive(Clone, Copy)]
struct Budget {
    /// A request may begin until then.
    begin: Instant,
    /// Nothing is under way after that.
    end: Instant,
}

impl Remote {
    pub fn new(
        name: &str,
        settings: &RemoteSettings,
        client: HttpClient,
        request_timeout: Duration,
        pulse: Arc<Mutex<Pulse>>,
        log: Log,
    ) -> Remote {
        let limiter =
            |rate: Option<u32>| rate.and_then(NonZeroU32::new).map(Quota::per_second).map(RateLimiter::direct);
        Remote {
            name: name.to_owned(),
            adapter: adapter(&settings.vendor),
            client,
            request_timeout,
            slots: Semaphore::new(settings.connection.max_connections),
            sends: Semaphore::new(for_sends(settings.connection.max_connections)),
            messages: limiter(settings.messages_per_second),
            requests: limiter(settings.requests_per_second),
            pulse,
            log,
            clock: ServerClock::default(),
            warned_of_clock: Cell::new(false),
        }
    }

    fn budget(&self, job: &Job) -> Budget {
        let now = Instant::now();
        match job {
            Job::Errand(Errand { task: Task::Send, .. }) => {
                Budget { begin: now + self.request_timeout, end: now + self.request_timeout * 2 }
            }
            _ => Budget { begin: now + OTHER_WAIT / 2, end: now + OTHER_WAIT },
        }
    }

    /// Plays a dialogue to its end; `Err`: it asks for ever.
    async fn converse(&self, order: Order, budget: Budget) -> Result<Option<News>, ()> {
        let mut dialogue = self.adapter.begin(order);
        let mut heard = Vec::new();
        for _ in 0..STEPS_MAX {
            let nonce = format!("{:032x}", fastrand::u128(..));
            let moment = Moment { now: self.time_there(), nonce };
            let step = match heard.len() {
                0 | 1 => dialogue.next(heard.pop(), &moment),
                _ => dialogue.after_all(std::mem::take(&mut heard), &moment),
            };
            match step {
                Step::Ask(request) => heard.push(self.ask(request, budget).await),
                Step::AskAll(requests) => {
                    heard = all(requests.into_iter().map(|request| self.ask(request, budget))).await;
                }
                Step::Done(news) => return Ok(news),
            }
        }
        Err(())
    }

    /// Makes one request when it is its turn.
    async fn ask(&self, request: Request, budget: Budget) -> Heard {
        let turn = async {
            let of_sends = match request.messages {
                0 => None,
                _ => Some(self.sends.acquire().await.ok()?),
            };
            let slot = self.slots.acquire().await.ok()?;
            ready(self.requests.as_ref(), 1).await;
            ready(self.messages.as_ref(), request.messages).await;
            Some((of_sends, slot))
        };
        let Ok(Some(_slots)) = timeout_at(budget.begin, turn).await else { return Heard::Failed(Failure::Waited) };
        let deadline = (Instant::now() + self.request_timeout).min(budget.end);
        match timeout_at(deadline, self.client.exchange(request)).await {
            Err(_) => {
                self.show_trouble("no answer came in time");
                Heard::Failed(Failure::Lost)
            }
            Ok(exchange) => {
                match exchange.trouble {
                    Some(trouble) => self.show_trouble(&trouble),
                    None => self.show_clock(exchange.server_time),
                }
                exchange.heard
            }
        }
    }

    /// The log gets a line when the trouble is a new one.
    fn show_trouble(&self, trouble: &str) {
        let mut pulse = self.pulse.lock();
        let known = pulse.of(&self.name);
        if known.last_trouble != trouble {
            trouble.clone_into(&mut known.last_trouble);
            self.log.warn(format_args!("gateway {}: {trouble}", self.name));
        }
    }

    fn ahead(&self) -> i64 {
        self.clock.ahead(Timestamp::now(), Instant::now())
    }

    fn time_there(&self) -> Timestamp {
        Timestamp(Timestamp::now().0.saturating_add(self.ahead()))
    }

    fn show_clock(&self, server_time: Option<Timestamp>) {
        let difference = server_time.map(|at| at.0 - Timestamp::now().0);
        let mut pulse = self.pulse.lock();
        let known = pulse.of(&self.name);
        known.last_trouble.clear();
        let Some(difference) = difference else { return };
        server_time.into_iter().for_each(|said| self.clock.hear(said, Instant::now()));
        known.clock_difference_ms = Some(difference);
        let off = difference.abs() > CLOCK_DIFFERENCE_MAX;
        if off && !self.warned_of_clock.replace(off) {
            let seconds = difference / 1_000;
            self.log.warn(format_args!(
                "gateway {}: its clock is {seconds} s off this host's; set the clock, or requests may be refused",
                self.name
            ));
        }
    }
}

/// Whether a message never arrived is found out by looking at a span of time: with clocks that differ too much, one that
/// did arrive may lie outside of it, and must not be sent again.
fn doubted(mut news: News, gateway: &str, pulse: &Mutex<Pulse>) -> News {
    let difference = pulse.lock().of(gateway).clock_difference_ms.unwrap_or_default();
    if let News::LookedUp { words, .. } = &mut news
        && difference.abs() > CLOCK_DIFFERENCE_DOUBTED
    {
        for word in words.iter_mut().filter(|word| word.outcome.class == Class::Absent) {
            word.outcome = Outcome::new(Class::Uncertain, Reason::AnswerLost);
        }
    }
    news
}

/// How many of all connections sends may take: three of four, and the only one.
fn for_sends(connections: usize) -> usize {
    connections - connections / 4
}

/// Waits for several at the same time; they are few.
async fn all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut under_way: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    poll_fn(|context| {
        for (future, done) in &mut under_way {
            if done.is_none()
                && let Poll::Ready(output) = future.as_mut().poll(context)
            {
                *done = Some(output);
            }
        }
        if under_way.iter().all(|(_, done)| done.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    under_way.into_iter().filter_map(|(_, done)| done).collect()
}

/// Waits until a rate allows so many more. No more than the rate of a second is asked for: the engine's errands are no
/// larger.
async fn ready(limiter: Option<&DefaultDirectRateLimiter>, count: usize) {
    let (Some(limiter), Some(count)) = (limiter, u32::try_from(count).ok().and_then(NonZeroU32::new)) else { return };
    while let Ok(Err(not_yet)) = limiter.check_n(count) {
        tokio::time::sleep(not_yet.wait_time_from(limiter.clock().now())).await;
    }
}

impl Peer for Remote {
    fn run(self: Rc<Self>, job: Job, newsroom: Newsroom) {
        let budget = self.budget(&job);
        let log = self.log.clone();
        let lost = lost(&job);
        let ahead = self.ahead();
        let order = match job {
            Job::Errand(mut errand) => {
                if errand.task == Task::LookUp {
                    errand.parcels.iter_mut().for_each(|parcel| widen(parcel, ahead, Timestamp::now()));
                }
                Order::Errand(errand)
            }
            Job::Poll { cursor, since, .. } => {
                let (cursor, since) = self.clock.place(cursor, since, ahead);
                Order::Poll { cursor, since }
            }
            Job::Confirm { receipt, .. } => Order::Confirm { receipt },
            Job::Templates(inquiry) => Order::Templates(inquiry),
        };
        let (name, pulse) = (self.name.clone(), Arc::clone(&self.pulse));
        let dialogue = tokio::task::spawn_local(async move { self.converse(order, budget).await });
        tokio::task::spawn_local(async move {
            let news = match dialogue.await {
                Ok(Ok(news)) => news.map(|news| doubted(news, &name, &pulse)),
                // The thread ends.
                Err(error) if error.is_cancelled() => None,
                fault => {
                    // Dropping a foreign payload may panic again.
                    std::mem::forget(fault);
                    super::log_fault(&log);
                    lost
                }
            };
            news.into_iter().for_each(|news| newsroom.tell(news.of(name.clone())));
        });
    }
}

#[cfg(test)]
mod tests;

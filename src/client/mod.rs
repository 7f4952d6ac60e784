//! The client: what `ffi` and Rust programs call. Every function may be called from any thread at any time.
//!
//! Invariants:
//! - The caller's thread checks and renders its message, hands it to the engine, and waits for the disk at most; never
//!   for the network. Every wait has a deadline.
//! - After a shutdown every call answers [`Code::Closed`]; shutting down twice is harmless.

mod health;
mod statistics;

pub use health::{GatewayHealth, Health};

use crate::config::Settings;
use crate::engine::{Engine, Event, Pulse, ResultQueue, Role, Verdict, not_found, run};
use crate::error::{Code, Error, Result};
use crate::logging::Log;
use crate::message::{Key, Message, MessageResult, Request};
use crate::outbox::Reader;
use crate::time::Timestamp;
use crossbeam_channel::{Receiver, RecvTimeoutError, SendTimeoutError, Sender, bounded};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long a caller waits for the disk before it is told that the disk hangs.
const DISK_WAIT: Duration = Duration::from_secs(60);
/// How much longer than asked a shutdown may take.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(200);
/// The longest wait of one poll.
const POLL_MAX: Duration = Duration::from_secs(3_600);
/// Events waiting for the engine; callers wait when it is full.
const EVENTS_MAX: usize = 4_096;
/// Most messages of one batch.
pub(crate) const BATCH_MAX: usize = 10_000;
const ENGINE_STACK_BYTES: usize = 1024 * 1024;

/// A running alimi: one outbox, one engine, one network thread.
pub struct Client {
    settings: Arc<Settings>,
    events: Sender<Event>,
    results: Arc<ResultQueue>,
    pulse: Arc<Mutex<Pulse>>,
    reader: Mutex<Reader>,
    log: Log,
    closed: AtomicBool,
    /// Says whether messages remain, once the engine has ended.
    ended: Mutex<Receiver<bool>>,
}

/// What `send` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The key: the caller's, or the one the library made.
    pub key: String,
    /// This key with the same content was accepted before; it stays one message.
    pub duplicate: bool,
}

impl Client {
    /// Opens the outbox and starts the worker. Blocks for the disk; nothing is sent or started on an error.
    pub fn start(settings: Settings) -> Result<Client> {
        let settings = Arc::new(settings);
        let log = Log::open(&settings.logging)?;
        let path = &settings.outbox.path;
        let (outbox, role) = if settings.outbox.shared { Role::shared(path)? } else { Role::exclusive(path)? };
        let reader = Mutex::new(Reader::open(path)?);
        let results = Arc::new(ResultQueue::default());
        let pulse = Arc::new(Mutex::new(Pulse::default()));
        let engine =
            Engine::new(Arc::clone(&settings), outbox, role, Arc::clone(&results), Arc::clone(&pulse), log.clone());
        let (events, arriving) = bounded(EVENTS_MAX);
        let network = crate::net::start(&settings, events.clone(), log.clone())?;
        let (end, ended) = bounded(1);
        let queue = Arc::clone(&results);
        let own_log = log.clone();
        crate::thread::spawn("alimi-engine", ENGINE_STACK_BYTES, move || {
            let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(engine, arriving, &network)))
                .unwrap_or_else(|_| {
                    Err(Error::new(Code::Internal, "the engine stopped on a fault; what was accepted is kept"))
                });
            if let Err(error) = &ran {
                log.error(format_args!("{error}"));
                crate::engine::Outlet::cancel(&network);
            }
            queue.close(ran.as_ref().err().cloned().unwrap_or_else(closed));
            // Nobody waits for it after a shutdown that ran out of time.
            let _ = end.send(ran.unwrap_or(true));
        })?;
        Ok(Client {
            settings,
            events,
            results,
            pulse,
            reader,
            log: own_log,
            closed: AtomicBool::new(false),
            ended: Mutex::new(ended),
        })
    }

    /// The configuration in use.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Keeps one message. Returns when it is synced to disk.
    pub fn send(&self, request: Request) -> Result<Accepted> {
        self.send_batch(vec![request])?.pop().unwrap_or_else(|| Err(internal()))
    }

    /// Keeps many messages with one commit; a verdict for each, in order. The outer error means that none was kept.
    pub fn send_batch(&self, requests: Vec<Request>) -> Result<Vec<Result<Accepted>>> {
        self.check_open()?;
        if requests.len() > BATCH_MAX {
            let text = format!("messages: {} in one batch; allowed are {BATCH_MAX}", requests.len());
            return Err(Error::new(Code::InvalidArgument, text));
        }
        let now = Timestamp::now();
        let prepared: Vec<Result<Message>> =
            requests.into_iter().map(|request| crate::content::prepare(&self.settings, request, now)).collect();
        let mut keys = Vec::with_capacity(prepared.len());
        let mut messages = Vec::with_capacity(prepared.len());
        for message in prepared {
            keys.push(message.map(|message| {
                let key = message.key.as_str().to_owned();
                messages.push(message);
                key
            }));
        }
        let verdicts =
            if messages.is_empty() { Vec::new() } else { self.ask(|reply| Event::Submit { messages, reply })? };
        let mut verdicts = verdicts.into_iter();
        Ok(keys
            .into_iter()
            .map(|key| {
                let key = key?;
                match verdicts.next().ok_or_else(internal)? {
                    Verdict::Kept => Ok(Accepted { key, duplicate: false }),
                    Verdict::Duplicate => Ok(Accepted { key, duplicate: true }),
                    Verdict::Refused(error) => Err(error),
                }
            })
            .collect())
    }

    /// Cancels a message that has not left. Waits for the disk.
    pub fn cancel(&self, key: &str) -> Result<()> {
        self.check_open()?;
        let key = Key::parse(key)?;
        self.ask(|reply| Event::Cancel { key, reply })
    }

    /// The next final result, waiting up to `timeout` (at most an hour); `None` when there is none, or after
    /// [`Client::wake`]. Each result is handed out once per run; unacknowledged ones come again after the next start.
    pub fn poll(&self, timeout: Duration) -> Result<Option<MessageResult>> {
        self.check_open()?;
        let deadline = Instant::now() + timeout.min(POLL_MAX);
        loop {
            let waited = self.results.take(deadline)?;
            if !waited.refill {
                return Ok(waited.result);
            }
            // A result in hand waits for nothing.
            let until = if waited.result.is_some() { Instant::now() } else { deadline };
            if self.events.send_deadline(Event::Refill, until).is_err() {
                self.results.ask_again();
            }
            if waited.result.is_some() || Instant::now() >= deadline {
                return Ok(waited.result);
            }
        }
    }

    /// Puts a polled result back to the front of the queue.
    pub fn unpoll(&self, result: MessageResult) {
        self.results.put_back(result);
    }

    /// Lets a result go. Does not wait for the disk when the result was handed out by this client: should the process
    /// die before it is written, the result comes again.
    pub fn acknowledge(&self, key: &str) -> Result<()> {
        self.check_open()?;
        if let Some(id) = self.results.acknowledged(key) {
            return self.tell(Event::Acknowledge(id));
        }
        let key = Key::parse(key)?;
        self.ask(|reply| Event::AcknowledgeKey { key, reply })
    }

    /// Where a message stands. Reads beside the engine and never waits for it.
    pub fn status(&self, key: &str) -> Result<MessageResult> {
        self.check_open()?;
        let key = Key::parse(key)?;
        let entry = self.reader.lock().find(key.as_str())?;
        entry.map(|entry| entry.result()).ok_or_else(not_found)
    }

    /// Ends a waiting [`Client::poll`], or the next one.
    pub fn wake(&self) {
        self.results.wake();
    }

    /// Waits until nothing is due or in flight; false when the time ran out first.
    pub fn flush(&self, timeout: Duration) -> Result<bool> {
        self.check_open()?;
        let (reply, answer) = bounded(1);
        let deadline = Instant::now() + timeout.min(POLL_MAX);
        self.tell(Event::Flush { reply, deadline })?;
        match answer.recv_deadline(deadline) {
            Ok(done) => done.map(|()| true),
            Err(RecvTimeoutError::Timeout) => Ok(false),
            Err(RecvTimeoutError::Disconnected) => Err(closed()),
        }
    }

    /// Stops: hands over what is due for at most `timeout`, then ends. True when no message is left in the outbox.
    /// Returns within `timeout` + 250 ms; what is left goes on at the next start. Further calls answer `Closed`.
    pub fn shutdown(&self, timeout: Duration) -> Result<bool> {
        if self.closed.swap(true, Ordering::SeqCst) {
            return Err(closed());
        }
        let timeout = timeout.min(POLL_MAX);
        let deadline = Instant::now() + timeout;
        self.results.wake();
        let _ = self.events.send_deadline(Event::Stop { deadline }, deadline + SHUTDOWN_GRACE);
        // The thread of a disk that hangs is let go of: it holds nothing of the caller's.
        let remain = self.ended.lock().recv_deadline(deadline + SHUTDOWN_GRACE).unwrap_or(true);
        Ok(!remain)
    }

    fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::SeqCst) { Err(closed()) } else { Ok(()) }
    }

    fn tell(&self, event: Event) -> Result<()> {
        self.events.send_timeout(event, DISK_WAIT).map_err(|e| match e {
            SendTimeoutError::Timeout(_) => disk_hangs(),
            SendTimeoutError::Disconnected(_) => self.gone(),
        })
    }

    fn ask<T>(&self, event: impl FnOnce(Sender<Result<T>>) -> Event) -> Result<T> {
        let (reply, answer) = bounded(1);
        self.tell(event(reply))?;
        match answer.recv_timeout(DISK_WAIT) {
            Ok(done) => done,
            Err(RecvTimeoutError::Timeout) => Err(disk_hangs()),
            Err(RecvTimeoutError::Disconnected) => Err(self.gone()),
        }
    }

    /// The engine has ended: by a shutdown, or by a fault.
    fn gone(&self) -> Error {
        self.check_open().err().unwrap_or_else(|| {
            Error::new(Code::Internal, "the engine stopped on a fault; what was accepted is kept for the next start")
        })
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Bounded and without effect after a shutdown.
        let _ = self.shutdown(Duration::ZERO);
    }
}

fn closed() -> Error {
    Error::new(Code::Closed, "the client is shut down; nothing more is taken")
}

fn internal() -> Error {
    Error::new(Code::Internal, "the engine gave no verdict")
}

fn disk_hangs() -> Error {
    Error::new(
        Code::OutboxIo,
        format!(
            "the disk of the outbox did not answer within {} s; the message may be kept: send it again with the same key",
            DISK_WAIT.as_secs()
        ),
    )
}

//! The client: what `ffi` and Rust programs call. Every function may be called from any thread at any time.
//!
//! Invariants:
//! - The caller's thread checks and renders its message, hands it to the engine, and waits for the disk at most; never
//!   for the network. Every wait has a deadline.
//! - The engine's own thread, on which a host's logger may call anything, never waits for itself.
//! - After a shutdown every call answers [`Code::Closed`]; shutting down twice is harmless.

mod calls;
mod health;
mod statistics;
mod submission;

use calls::Names;
pub use health::{GatewayHealth, Health};

use crate::config::Settings;
use crate::content::Report;
use crate::engine::{
    Answer, Engine, Event, Inlet, NoAnswer, Outlet, Pulse, Reply, ResultQueue, Role, ask, not_found, run,
};
use crate::error::{Code, Error, Result};
use crate::logging::{Access, Log};
use crate::message::{Key, MessageResult};
use crate::outbox::{Reader, Vault};
use crate::thread::Thread;
use crate::time::Timestamp;
use crossbeam_channel::{Receiver, SendTimeoutError, Sender, bounded};
use parking_lot::{Mutex, RwLock};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

/// How long a caller waits for the disk before it is told that the disk hangs.
const DISK_WAIT: Duration = Duration::from_secs(60);
/// How much longer than asked a shutdown may take. The threads get it to end in.
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
    settings: RwLock<Arc<Settings>>,
    outlet: Arc<dyn Outlet + Sync>,
    events: Sender<Event>,
    results: Arc<ResultQueue>,
    pulse: Arc<Mutex<Pulse>>,
    reader: Mutex<Reader>,
    vault: Arc<Vault>,
    log: Log,
    access: Option<Access>,
    closed: AtomicBool,
    /// The engine takes nothing any more.
    gone: Arc<AtomicBool>,
    /// Callers that wait for the engine.
    waiting: AtomicUsize,
    /// The deadline of the shutdown.
    stop: Arc<OnceLock<Instant>>,
    engine_id: ThreadId,
    /// Says whether messages remain, once the engine has ended.
    ended: Mutex<Receiver<bool>>,
    /// Until a shutdown takes it. The network's thread ends before it.
    engine_thread: Mutex<Option<Thread>>,
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
        Client::start_with(settings, crate::net::start)
    }

    fn start_with<O: Outlet + Sync + 'static>(
        settings: Settings,
        connect: impl FnOnce(&Arc<Settings>, Sender<Event>, &Arc<Mutex<Pulse>>, Log) -> Result<O>,
    ) -> Result<Client> {
        let settings = Arc::new(settings);
        let log = Log::open(&settings.logging)?;
        let access =
            settings.access_record.as_ref().map(|record| Access::open(record, Timestamp::now())).transpose()?;
        let (path, keys) = (&settings.outbox.path, &settings.outbox.encryption);
        let open = if settings.outbox.shared { Role::shared } else { Role::exclusive };
        let (outbox, role) = open(path, keys)?;
        let vault = outbox.vault();
        let reader = Mutex::new(Reader::open(path)?);
        let results = Arc::new(ResultQueue::default());
        let pulse = Arc::new(Mutex::new(Pulse::default()));
        let engine =
            Engine::new(Arc::clone(&settings), outbox, role, Arc::clone(&results), Arc::clone(&pulse), log.clone());
        let (events, arriving) = bounded(EVENTS_MAX);
        let outlet = Arc::new(connect(&settings, events.clone(), &pulse, log.clone())?);
        let carrier = Arc::clone(&outlet);
        let (end, ended) = bounded(1);
        let gone = Arc::new(AtomicBool::new(false));
        let inlet = Inlet { events: arriving, gone: Arc::clone(&gone) };
        let (queue, own_log) = (Arc::clone(&results), log.clone());
        let stop = Arc::new(OnceLock::new());
        let stopping = Arc::clone(&stop);
        let engine_thread = crate::thread::spawn("alimi-engine", ENGINE_STACK_BYTES, move || {
            let remain = drive(engine, inlet, &stopping, &*carrier, &queue, &own_log);
            // Nobody waits for it after a shutdown that ran out of time.
            let _ = end.send(remain);
        })?;
        let client = Client {
            settings: RwLock::new(settings),
            outlet,
            events,
            results,
            pulse,
            reader,
            vault,
            log,
            access,
            closed: AtomicBool::new(false),
            gone,
            waiting: AtomicUsize::new(0),
            stop,
            engine_id: engine_thread.id(),
            ended: Mutex::new(ended),
            engine_thread: Mutex::new(Some(engine_thread)),
        };
        client.note("start", Names::default(), 0, Code::Ok);
        Ok(client)
    }

    /// The configuration in use.
    pub fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.read())
    }

    fn change(&self, settings: Settings) -> Result<()> {
        self.check_open()?;
        // One at a time; whoever sends meanwhile uses the old one.
        let mut current = self.settings.upgradable_read();
        current.check_change(&settings)?;
        let settings = Arc::new(settings);
        self.outlet.change(&settings)?;
        let told = Arc::clone(&settings);
        self.ask(|reply| Event::Reconfigure { settings: told, reply })?;
        current.with_upgraded(|current| *current = settings);
        Ok(())
    }

    fn stop_message(&self, key: &str) -> Result<bool> {
        self.check_open()?;
        let key = Key::parse(key)?;
        self.ask(|reply| Event::Cancel { key, reply })
    }

    fn next_result(&self, timeout: Duration) -> Result<Option<MessageResult>> {
        self.check_open()?;
        let timeout = if self.is_inside() { Duration::ZERO } else { timeout.min(POLL_MAX) };
        let deadline = Instant::now() + timeout;
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

    fn let_go(&self, key: &str) -> Result<()> {
        self.check_open()?;
        let key = Key::parse(key)?;
        if let Some(id) = self.results.acknowledged(&key) {
            return self.tell(Event::Acknowledge(id));
        }
        self.ask(|reply| Event::AcknowledgeKey { key, reply })
    }

    fn find(&self, key: &str) -> Result<MessageResult> {
        self.check_open()?;
        let key = Key::parse(key)?;
        let entry = self.reader.lock().find(key.as_str())?;
        entry.map(|entry| entry.into_result()).ok_or_else(not_found)
    }

    /// Ends every waiting [`Client::poll`], or the next one where none waits.
    pub fn wake(&self) {
        self.results.wake();
    }

    /// Ends every waiting [`Client::poll`]; a later one does not notice.
    pub(crate) fn wake_who_waits(&self) {
        self.results.wake_who_waits();
    }

    /// Waits until nothing is due or in flight; false when the time ran out first.
    pub fn flush(&self, timeout: Duration) -> Result<bool> {
        self.check_open()?;
        let (reply, answer) = self.question()?;
        let deadline = Instant::now() + timeout.min(POLL_MAX);
        self.tell(Event::Flush { reply, deadline })?;
        let gone = self.gone.load(Ordering::SeqCst);
        match answer.wait(if gone { Duration::ZERO } else { timeout.min(POLL_MAX) }) {
            Ok(done) => done.map(|()| true),
            Err(NoAnswer::Late) if !gone => Ok(false),
            // The engine forgets a flush whose time has run out.
            Err(NoAnswer::Gone) if Instant::now() >= deadline => Ok(false),
            Err(_) => Err(self.why_gone()),
        }
    }

    fn ask_for_templates(&self, timeout: Duration) -> Result<(String, bool)> {
        self.check_open()?;
        let (reply, answer) = self.question()?;
        self.tell(Event::SyncTemplates { reply })?;
        let gone = self.gone.load(Ordering::SeqCst);
        let complete = match answer.wait(if gone { Duration::ZERO } else { timeout.min(POLL_MAX) }) {
            Ok(done) => done.map(|()| true)?,
            Err(NoAnswer::Late) if !gone => false,
            Err(_) => return Err(self.why_gone()),
        };
        let catalogue = Arc::clone(&self.pulse.lock().catalogue);
        let report = serde_json::to_string(&Report { complete, catalogue: &catalogue });
        // Plain texts and numbers always have a JSON form.
        Ok((report.unwrap_or_default(), complete))
    }

    /// Stops: hands over what is due for at most `timeout`, then ends. True when no message is left in the outbox.
    /// Returns within `timeout` + 250 ms, with its threads ended unless something holds them up (a disk that hangs, a
    /// host's logger); what is left goes on at the next start. Further calls answer `Closed`.
    pub fn shutdown(&self, timeout: Duration) -> Result<bool> {
        if self.closed.swap(true, Ordering::SeqCst) {
            return Err(closed());
        }
        let timeout = timeout.min(POLL_MAX);
        let deadline = Instant::now() + timeout;
        let end = deadline + SHUTDOWN_GRACE;
        self.results.wake();
        let _ = self.stop.set(deadline);
        // Only wakes it; an engine that has too much to do sees the deadline without it.
        let _ = self.events.try_send(Event::Stop { deadline });
        if self.is_inside() {
            // It ends when the logger has returned.
            return Ok(false);
        }
        self.note("shutdown", Names::default(), 0, Code::Ok);
        let remain = self.ended.lock().recv_deadline(end).unwrap_or(true);
        // A thread that does not end is let go of: it holds nothing of the caller's.
        if let Some(thread) = self.engine_thread.lock().take() {
            thread.join(end);
        }
        Ok(!remain)
    }

    fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::SeqCst) { Err(closed()) } else { Ok(()) }
    }

    /// Whether the caller is the engine's own thread.
    fn is_inside(&self) -> bool {
        std::thread::current().id() == self.engine_id
    }

    fn tell(&self, event: Event) -> Result<()> {
        let wait = if self.is_inside() { Duration::ZERO } else { DISK_WAIT };
        self.events.send_timeout(event, wait).map_err(|e| match e {
            SendTimeoutError::Timeout(_) => disk_hangs(),
            SendTimeoutError::Disconnected(_) => self.why_gone(),
        })
    }

    /// Asks the engine and waits for the disk.
    fn ask<T>(&self, event: impl FnOnce(Reply<T>) -> Event) -> Result<T> {
        let (reply, answer) = self.question()?;
        self.tell(event(reply))?;
        self.wait_for(answer)
    }

    fn wait_for<T>(&self, answer: Answer<T>) -> Result<T> {
        let gone = self.gone.load(Ordering::SeqCst);
        match answer.wait_awake(&self.waiting, if gone { Duration::ZERO } else { DISK_WAIT }) {
            Ok(done) => done,
            Err(NoAnswer::Late) if !gone => Err(disk_hangs()),
            Err(_) => Err(self.why_gone()),
        }
    }

    /// A question to the engine, which its own thread must not wait for.
    fn question<T>(&self) -> Result<(Reply<T>, Answer<T>)> {
        if self.is_inside() {
            return Err(Error::new(
                Code::InsideCallback,
                "the log callback was called by the thread that would have to do this; call it from another thread",
            ));
        }
        Ok(ask())
    }

    /// The engine has ended: by a shutdown, or by a fault.
    fn why_gone(&self) -> Error {
        self.check_open().err().unwrap_or_else(fault)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Bounded and without effect after a shutdown.
        let _ = self.shutdown(Duration::ZERO);
    }
}

/// The engine's thread. A fault ends here: whoever waits is told, and so is everybody who comes later. The answer says
/// whether messages remain in the outbox.
fn drive(
    engine: Engine,
    inlet: Inlet<Event>,
    stop: &OnceLock<Instant>,
    outlet: &impl Outlet,
    results: &ResultQueue,
    log: &Log,
) -> bool {
    let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(engine, inlet, stop, outlet)));
    let ran = ran.unwrap_or_else(|payload| {
        // Dropping a foreign payload may panic again.
        std::mem::forget(payload);
        Err(fault())
    });
    match ran {
        Ok(remain) => {
            results.close(closed());
            remain
        }
        Err(error) => {
            log.error(format_args!("{error}"));
            results.close(error);
            outlet.cancel();
            true
        }
    }
}

fn fault() -> Error {
    Error::new(Code::Internal, "the engine stopped on a fault; what was accepted is kept for the next start")
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

#[cfg(test)]
mod tests;

//! Starting and stopping a simulator, and reaching into it from the test that runs it.
//!
//! Invariant: dropping a [`Simulator`] ends its thread and closes its port.

use crate::faults::{Fault, Faults, Line};
use crate::journal::Summary;
use crate::setup::Setup;
use crate::store::Vendor;
use crate::world::World;
use crate::{Captured, control, server, vendor};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate and its key, both PEM files.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The chain.
    pub certificate: PathBuf,
    /// The key.
    pub key: PathBuf,
}

/// How a simulator is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What is registered; without it, [`Setup::built_in`].
    pub setup: Option<Setup>,
    /// How long a report takes.
    pub report_delay: Duration,
    /// The faults it begins with.
    pub faults: Vec<Fault>,
    /// By how many milliseconds its clock is ahead of the system's; below 0 it is behind.
    pub ahead_ms: i64,
    /// Where chances come from.
    pub seed: u64,
    /// How many messages it remembers; older ones are only in the journal.
    pub keep: usize,
    /// Whether look-ups tell the texts of messages.
    pub keep_texts: bool,
    /// Whether the journal can list numbers and references; without it, it only counts.
    pub keep_names: bool,
    /// How many requests `GET /control/requests` tells.
    pub capture: usize,
    /// Where reports are pushed, by vendor.
    pub webhooks: BTreeMap<Vendor, String>,
    /// Bizgo: recipients per second, counted as the vendor counts; 0 for no limit.
    pub bizgo_per_second: u32,
    /// Speak TLS, and HTTP/2 to who can.
    pub tls: Option<Tls>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            setup: None,
            report_delay: Duration::from_millis(200),
            faults: Vec::new(),
            ahead_ms: 0,
            seed: 1,
            keep: 200_000,
            keep_texts: true,
            keep_names: true,
            capture: 0,
            webhooks: BTreeMap::new(),
            bizgo_per_second: 0,
            tls: None,
        }
    }
}

/// A running simulator.
#[derive(Debug)]
pub struct Simulator {
    world: Arc<World>,
    address: SocketAddr,
    tls: bool,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Starts one on a thread of its own. It takes connections when this returns.
    pub fn start(mut options: Options) -> io::Result<Simulator> {
        let setup = match options.setup.take() {
            Some(setup) => setup,
            None => Setup::built_in().map_err(io::Error::other)?,
        };
        let acceptor = options.tls.as_ref().map(acceptor).transpose()?;
        let tls = acceptor.is_some();
        let listener = std::net::TcpListener::bind(options.listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let faults = std::mem::take(&mut options.faults);
        let world = Arc::new(World::new(options, setup));
        let now = world.clock.now();
        {
            let mut state = world.state();
            state.store.faults = Faults::new(world.options.seed);
            for fault in faults {
                state.store.faults.add(now, fault);
            }
        }
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let shared = world.clone();
        let thread = std::thread::Builder::new().name(String::from("simulator")).spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                let router = vendor::routes().merge(control::routes()).with_state(shared.clone());
                tokio::select! {
                    () = server::serve(shared.clone(), listener, acceptor, router) => {}
                    () = crate::webhook::push(shared) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Simulator { world, address, tls, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL of every vendor.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.tls { "https" } else { "http" }, self.address)
    }

    /// Its time, in milliseconds since 1970.
    pub fn now(&self) -> i64 {
        self.world.clock.now()
    }

    /// What is registered.
    pub fn setup(&self) -> &Setup {
        &self.world.setup
    }

    /// The counts so far, with every message if `list`.
    pub fn journal(&self, list: bool) -> Summary {
        self.world.state().store.journal.summary(list)
    }

    /// Adds a fault; the number removes it again.
    pub fn add_fault(&self, fault: Fault) -> u64 {
        self.world.state().store.faults.add(self.world.clock.now(), fault)
    }

    /// The script, and how often each of its lines struck.
    pub fn faults(&self) -> Vec<Line> {
        self.world.state().store.faults.list().to_vec()
    }

    /// Removes one fault.
    pub fn remove_fault(&self, number: u64) {
        self.world.state().store.faults.remove(number);
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.world.state().store.faults.clear();
    }

    /// Closes the port and all connections, or opens it again: callers see "connection refused".
    pub fn listen(&self, on: bool) {
        self.world.listening.send_replace(on);
    }

    /// Moves its time ahead: what is due by then is due at once.
    pub fn advance(&self, by: Duration) {
        self.world.clock.advance(by.as_millis() as i64);
        self.world.moved.notify_one();
    }

    /// Makes its Date header and its check of signatures wrong by so many milliseconds.
    pub fn skew(&self, ms: i64) {
        self.world.clock.skew(ms);
    }

    /// Forgets everything that happened; faults, set-up and clock stay.
    pub fn reset(&self) {
        self.world.reset();
    }

    /// The last requests, oldest first; none unless [`Options::capture`] says how many.
    pub fn requests(&self) -> Vec<Captured> {
        self.world.captured()
    }

    /// Waits until it ends, which is never unless its thread fails.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn acceptor(tls: &Tls) -> io::Result<TlsAcceptor> {
    let named =
        |path: &PathBuf, error: &dyn std::fmt::Display| io::Error::other(format!("{}: {error}", path.display()));
    let chain = CertificateDer::pem_file_iter(&tls.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| named(&tls.certificate, &error))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key).map_err(|error| named(&tls.key, &error))?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
    let mut config = config.map_err(|error| named(&tls.certificate, &error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

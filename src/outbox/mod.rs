//! The durable queue: one SQLite file. All SQL of the library lives in this folder.
//!
//! Invariants:
//! - What is committed is synced: WAL with `synchronous=FULL`, one sync per commit.
//! - Every row has exactly one next thing that must happen to it: its [`Phase`], at its `due` time. One index over
//!   (phase, due) finds all work; nothing scans the table.
//! - One final result per key: a row enters [`Phase::Result`] once and leaves it only by an acknowledgement.
//! - Only the engine's thread writes ([`Outbox`]); readers use [`Reader`], a read-only connection of their own.
//! - Times are UTC milliseconds. Files are readable by their owner alone.
//! - Nothing of ours but SQLite opens the file while it is in use: closing a second descriptor would drop the locks of
//!   every connection of the process, and another process could then remove the log under it.

mod columns;
mod entry;
mod identity;
mod images;
mod insert;
mod lock;
mod log;
mod mark;
mod members;
mod phase;
mod reader;
mod reseal;
mod restart;
mod results;
mod retention;
mod schema;
mod seal;
mod sealed;
mod statistics;
mod tally;
mod templates;
mod vault;
mod work;

pub(crate) use entry::{Departure, Entry, FellBack};
use identity::{Identity, Presence};
use images::Loaded;
pub(crate) use insert::Inserted;
pub(crate) use lock::Lock;
pub(crate) use members::Member;
pub(crate) use phase::Phase;
pub(crate) use reader::{Figure, Reader};
pub(crate) use reseal::Reseal;
pub(crate) use sealed::{Sealed, Sealer};
pub(crate) use statistics::Basis;
use statistics::{Count, Statistics};
use tally::Tally;
pub(crate) use vault::{Opened, Vault};
pub(crate) use work::Position;

use crate::config::Encryption;
use crate::error::{Code, Error, Result};
use crate::time::Day;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long a writer waits for another process in shared mode.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// The writer's connection. Owned by the engine's thread.
pub(crate) struct Outbox {
    connection: Connection,
    _presence: Presence,
    path: PathBuf,
    identity: Identity,
    statistics: Statistics,
    tally: Tally,
    loaded: Loaded,
    vault: Arc<Vault>,
    progress: reseal::Progress,
    cleaned: Option<Day>,
    /// Of what the last process committed some is gone: so many messages are doubted.
    doubted: Option<usize>,
    /// The indexes were made anew since the start.
    rebuilt: bool,
    /// Gateways whose own names for messages are looked for.
    looked_for: Vec<String>,
}

impl Outbox {
    /// Opens or creates the file for a process that has it to itself, brings its schema up to date and checks that it is an
    /// outbox.
    pub fn open(path: &Path, keys: &Encryption) -> Result<Outbox> {
        Outbox::open_as(path, keys, true)
    }

    fn open_as(path: &Path, keys: &Encryption, alone: bool) -> Result<Outbox> {
        create_private(path)?;
        // A client that was shut down and not let go of still has it open to read.
        let cut = log::is_cut(path, alone && !Presence::is_at(path));
        let mut connection = connect_to_write(path)?;
        let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = begun.map_err(|e| fault(path, e))?;
        let vault = Vault::of(&transaction, path, keys)?;
        transaction.commit().map_err(|e| fault(path, e))?;
        let mut outbox = Outbox::with(connection, path, Arc::new(vault))?;
        if cut {
            outbox.doubt_what_is_open()?;
        }
        Ok(outbox)
    }

    /// As [`Outbox::open`], for one of several processes that may all do so at once.
    pub fn open_shared(path: &Path, keys: &Encryption) -> Result<Outbox> {
        let _set_up = Lock::set_up(path, BUSY_WAIT)?;
        Outbox::open_as(path, keys, false)
    }

    fn doubt_what_is_open(&mut self) -> Result<()> {
        self.begin()?;
        let doubted = self.doubt_all();
        let doubted = doubted.and_then(|count| self.commit().map(|()| count)).inspect_err(|_| self.rollback())?;
        // What is behind the end of the log would be found again by the next start.
        self.checkpoint();
        self.doubted = Some(doubted);
        Ok(())
    }

    /// How many messages are doubted since the start, if the log had lost something that was committed.
    pub fn doubted(&self) -> Option<usize> {
        self.doubted
    }

    /// With what its contents are sealed.
    pub fn vault(&self) -> Arc<Vault> {
        Arc::clone(&self.vault)
    }

    /// Opens the file anew after an error of the disk, so that nothing SQLite holds in memory is trusted. Should this
    /// fail, the old connection stays; a file that is gone is not made anew, for it would have forgotten every key.
    pub fn reopen(&mut self) -> Result<()> {
        self.identity.check(&self.path)?;
        let mut anew = Outbox::with(connect_to_write(&self.path)?, &self.path, self.vault())?;
        anew.tally.follow(&self.tally);
        anew.rebuilt = self.rebuilt;
        anew.looked_for = std::mem::take(&mut self.looked_for);
        *self = anew;
        Ok(())
    }

    /// Makes the indexes of a damaged file anew, once: they say nothing that the rows do not say.
    pub fn rebuild_indexes(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.rebuilt, true) { Ok(()) } else { self.run("REINDEX message") }
    }

    fn with(connection: Connection, path: &Path, vault: Arc<Vault>) -> Result<Outbox> {
        let mut outbox = Outbox {
            connection,
            _presence: Presence::at(path),
            path: path.to_owned(),
            identity: Identity::of(path)?,
            statistics: Statistics::default(),
            tally: Tally::default(),
            loaded: Loaded::default(),
            vault,
            progress: reseal::Progress::default(),
            cleaned: None,
            doubted: None,
            rebuilt: false,
            looked_for: Vec::new(),
        };
        outbox.tally = outbox.count()?;
        Ok(outbox)
    }

    /// Gives the log its full length, so that a commit overwrites and never grows it: syncing a file that grows takes about
    /// twice as long. Zeros behind the last frame end the log for SQLite as the end of the file does. Only for a process
    /// that has the outbox to itself, and only where the disk has plenty; without it everything works, slower at first.
    pub fn reserve_log(&self) {
        let log = lock::beside(&self.path, "-wal");
        if fs4::available_space(&log).unwrap_or(0) < 20 * schema::LOG_BYTES {
            return;
        }
        let Ok(mut file) = std::fs::OpenOptions::new().append(true).open(&log) else { return };
        let length = file.metadata().map_or(schema::LOG_BYTES, |data| data.len());
        let zeros = vec![0; usize::try_from(schema::LOG_BYTES.saturating_sub(length)).unwrap_or(0)];
        if std::io::Write::write_all(&mut file, &zeros).and_then(|()| file.sync_all()).is_err() {
            let _ = file.set_len(length);
        }
    }

    /// Begins a transaction; nothing written after it is kept before [`Outbox::commit`].
    pub fn begin(&mut self) -> Result<()> {
        self.statistics.clear();
        self.run("BEGIN IMMEDIATE")?;
        let read = self.read_tally();
        if read.is_err() {
            self.rollback();
        }
        read
    }

    /// Writes what was counted, commits, and syncs. On an error the transaction is undone.
    pub fn commit(&mut self) -> Result<()> {
        let done = self
            .write_statistics()
            .and_then(|()| self.write_tally())
            .and_then(|()| self.identity.check(&self.path))
            .and_then(|()| self.run("COMMIT"));
        match done {
            Ok(()) => {
                self.tally.keep();
                self.progress.keep();
            }
            Err(_) => self.rollback(),
        }
        done
    }

    /// Undoes the transaction. An error here means that SQLite has already undone it.
    pub fn rollback(&mut self) {
        self.statistics.clear();
        self.tally.undo();
        self.progress.undo();
        if !self.connection.is_autocommit() {
            let _ = self.run("ROLLBACK");
        }
    }

    /// Moves the log into the file and empties it; for a tidy end, never needed for safety.
    pub fn checkpoint(&self) {
        let _ = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }

    /// The size of the data in bytes, without pages that are free again.
    pub fn bytes(&self) -> Result<u64> {
        let pragma = |name: &str| -> Result<u64> {
            let mut statement = self.connection.prepare_cached(name).map_err(|e| self.fault(e))?;
            statement.query_row([], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs).map_err(|e| self.fault(e))
        };
        // In a damaged file more pages may be called free than there are.
        let pages = pragma("PRAGMA page_count")?.saturating_sub(pragma("PRAGMA freelist_count")?);
        Ok(pages.saturating_mul(schema::PAGE_BYTES))
    }

    /// Changes whenever another process has committed.
    pub fn data_version(&self) -> Result<i64> {
        let mut statement = self.connection.prepare_cached("PRAGMA data_version").map_err(|e| self.fault(e))?;
        statement.query_row([], |row| row.get(0)).map_err(|e| self.fault(e))
    }

    fn run(&self, sql: &str) -> Result<()> {
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
        statement.execute([]).map(drop).map_err(|e| self.fault(e))
    }

    fn fault(&self, error: rusqlite::Error) -> Error {
        fault(&self.path, error)
    }
}

fn connect_to_write(path: &Path) -> Result<Connection> {
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Before SQLite makes its log: it would be as little writable, and stay.
    if connection.is_readonly("main").map_err(|e| fault(path, e))? {
        return Err(Error::new(Code::OutboxReadOnly, format!("outbox {}: cannot be written", path.display())));
    }
    schema::prepare(&mut connection, path)?;
    Ok(connection)
}

fn connect(path: &Path, access: OpenFlags) -> Result<Connection> {
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|e| fault(path, e))?;
    connection.busy_timeout(BUSY_WAIT).map_err(|e| fault(path, e))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Creates the file, if it is missing, for its owner alone; SQLite gives the same rights to the files it puts beside it.
fn create_private(path: &Path) -> Result<()> {
    /// Between making the new file and closing it, no other thread may open it.
    static CREATING: parking_lot::Mutex<()> = parking_lot::Mutex::new(());
    let _alone = CREATING.lock();
    let bytes = std::fs::metadata(path).map_or(0, |file| file.len());
    let log = lock::beside(path, "-wal");
    let corrupt = |what: &str| Err(Error::new(Code::OutboxCorrupt, format!("outbox {}: {what}", path.display())));
    if bytes == 0 && std::fs::metadata(log).is_ok_and(|log| log.len() > 0) {
        // SQLite would throw the log away, and with it what was committed last.
        return corrupt(
            "is missing or empty, but its log beside it (-wal) is not; put the file back, or move the log away",
        );
    }
    if bytes == 1 {
        // SQLite takes it for empty.
        return corrupt("is a file of another program; choose another path");
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(lock::cannot_open("outbox", path, &error))
        }
        _ => Ok(()),
    }
}

/// SQLite's error in our words. SQLite's texts name tables and columns, never values.
fn fault(path: &Path, error: rusqlite::Error) -> Error {
    let code = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Code::DiskFull,
        // The index of the log could not grow.
        Some(ErrorCode::SystemIoFailure) if extended(&error) == rusqlite::ffi::SQLITE_IOERR_SHMSIZE => Code::DiskFull,
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Code::OutboxReadOnly,
        // Our statements never change: one that does not fit meets tables that are not ours.
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown) => Code::OutboxCorrupt,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Code::OutboxLocked,
        // The file is there, but not for us, or its log cannot be made beside it.
        Some(ErrorCode::CannotOpen) if path.is_file() => Code::OutboxReadOnly,
        Some(ErrorCode::CannotOpen) => Code::OutboxPath,
        Some(_) => Code::OutboxIo,
        // Not from SQLite: a column of another type than we wrote.
        None => Code::OutboxCorrupt,
    };
    Error::new(code, format!("outbox {}: {error}", path.display()))
}

fn extended(error: &rusqlite::Error) -> i32 {
    error.sqlite_error().map_or(0, |e| e.extended_code)
}

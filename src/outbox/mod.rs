//! The durable queue: one SQLite file. All SQL of the library lives in this folder.
//!
//! Invariants:
//! - What is committed is synced: WAL with `synchronous=FULL`, one sync per commit.
//! - Every row has exactly one next thing that must happen to it: its [`Phase`], at its `due` time. One index over
//!   (phase, due) finds all work; nothing scans the table.
//! - One final result per key: a row enters [`Phase::Result`] once and leaves it only by an acknowledgement.
//! - Only the engine's thread writes ([`Outbox`]); readers use [`Reader`], a read-only connection of their own.
//! - Times are UTC milliseconds. Files are readable by their owner alone.

mod entry;
mod lock;
mod members;
mod reader;
mod results;
mod retention;
mod schema;
mod sealed;
mod statistics;

pub(crate) use entry::{Departure, Entry, Inserted, Phase};
pub(crate) use lock::Lock;
pub(crate) use members::Member;
pub(crate) use reader::{Figure, Reader};
pub(crate) use sealed::Sealed;
pub(crate) use statistics::Basis;
use statistics::{Count, Statistics};

use crate::error::{Code, Error, Result};
use crate::time::Day;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a writer waits for another process in shared mode.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// The writer's connection. Owned by the engine's thread.
pub(crate) struct Outbox {
    connection: Connection,
    path: PathBuf,
    statistics: Statistics,
    /// The last number given to a result; results are handed out in this order.
    result_sequence: i64,
    cleaned: Option<Day>,
}

impl Outbox {
    /// Opens or creates the file, brings its schema up to date and checks that it is an outbox.
    pub fn open(path: &Path) -> Result<Outbox> {
        create_private(path)?;
        let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        schema::prepare(&mut connection, path)?;
        let mut outbox = Outbox {
            connection,
            path: path.to_owned(),
            statistics: Statistics::default(),
            result_sequence: 0,
            cleaned: None,
        };
        outbox.result_sequence = outbox.last_result_sequence()?;
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

    /// Opens the file anew after an error of the disk, so that nothing SQLite holds in memory is trusted.
    pub fn reopen(&mut self) -> Result<()> {
        *self = Outbox::open(&self.path)?;
        Ok(())
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins a transaction; nothing written after it is kept before [`Outbox::commit`].
    pub fn begin(&mut self) -> Result<()> {
        self.statistics.clear();
        self.run("BEGIN IMMEDIATE")
    }

    /// Writes what was counted, commits, and syncs. On an error the transaction is undone.
    pub fn commit(&mut self) -> Result<()> {
        let done = self.write_statistics().and_then(|()| self.run("COMMIT"));
        if done.is_err() {
            self.rollback();
        }
        done
    }

    /// Undoes the transaction. An error here means that SQLite has already undone it.
    pub fn rollback(&mut self) {
        self.statistics.clear();
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
        Ok((pragma("PRAGMA page_count")? - pragma("PRAGMA freelist_count")?) * schema::PAGE_BYTES)
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

fn connect(path: &Path, access: OpenFlags) -> Result<Connection> {
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|e| fault(path, e))?;
    connection.busy_timeout(BUSY_WAIT).map_err(|e| fault(path, e))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Creates the file for its owner alone; SQLite gives the same rights to the files it puts beside it.
fn create_private(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|e| match e.kind() {
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            Error::new(Code::OutboxReadOnly, format!("outbox {}: cannot be written: {e}", path.display()))
        }
        _ => Error::new(
            Code::OutboxPath,
            format!("outbox {}: cannot be opened or created: {e}; its folder must exist", path.display()),
        ),
    })
}

/// SQLite's error in our words. SQLite's texts name tables and columns, never values.
fn fault(path: &Path, error: rusqlite::Error) -> Error {
    let code = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Code::DiskFull,
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Code::OutboxReadOnly,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Code::OutboxCorrupt,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Code::OutboxLocked,
        Some(ErrorCode::CannotOpen) => Code::OutboxPath,
        Some(_) => Code::OutboxIo,
        // Not from SQLite: a column of another type than we wrote.
        None => Code::OutboxCorrupt,
    };
    Error::new(code, format!("outbox {}: {error}", path.display()))
}

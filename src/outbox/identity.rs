//! Whether the path still names the files that are open.
//!
//! Invariants: nothing is committed into a file that was deleted, moved or replaced while it was in use: it would be gone
//! with the process. A file that is put back is the same file again. Where the system does not let an open file go
//! (Windows), there is nothing to check.

use super::lock::beside;
use crate::error::{Code, Error, Result};
use parking_lot::Mutex;
use std::path::Path;

/// The database and its log, as they were opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Identity {
    database: Option<(u64, u64)>,
    log: Option<(u64, u64)>,
}

impl Identity {
    /// The files at the path now; SQLite has made its log.
    pub fn of(path: &Path) -> Result<Identity> {
        let identity = Identity { database: number(path), log: number(&beside(path, "-wal")) };
        // Replaced between opening and looking.
        if cfg!(unix) && identity.database.is_none() { Err(gone(path)) } else { Ok(identity) }
    }

    /// An error when the path no longer names these files.
    pub fn check(&self, path: &Path) -> Result<()> {
        if number(path) != self.database {
            return Err(gone(path));
        }
        let log = beside(path, "-wal");
        if self.log.is_some() && number(&log) != self.log { Err(gone(&log)) } else { Ok(()) }
    }
}

/// The databases that this process has open: one entry for each connection.
static OPEN: Mutex<Vec<(u64, u64)>> = Mutex::new(Vec::new());

/// A connection of this process to a database; dropped after it.
#[derive(Debug)]
pub(super) struct Presence(Option<(u64, u64)>);

impl Presence {
    /// With the database at the path.
    pub fn at(path: &Path) -> Presence {
        let number = number(path);
        OPEN.lock().extend(number);
        Presence(number)
    }

    /// Whether this process has a connection to the database at the path. Where the system has no numbers of files (Windows),
    /// closing a file drops no locks of another, and nobody needs to know.
    pub fn is_at(path: &Path) -> bool {
        number(path).is_some_and(|number| OPEN.lock().contains(&number))
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let mut open = OPEN.lock();
        if let Some(at) = open.iter().position(|number| Some(*number) == self.0) {
            open.swap_remove(at);
        }
    }
}

/// Asks Linux for the number alone. Since Linux 6.13, whoever asks for a file's times makes its next write store a fine
/// one, and a sync of a log that is written for every commit then takes about half as long again.
#[cfg(target_os = "linux")]
fn number(path: &Path) -> Option<(u64, u64)> {
    use rustix::fs::{AtFlags, CWD, StatxFlags, makedev, statx};
    match statx(CWD, path, AtFlags::empty(), StatxFlags::INO) {
        Ok(file) => Some((makedev(file.stx_dev_major, file.stx_dev_minor), file.stx_ino)),
        // Linux before 4.11.
        Err(rustix::io::Errno::NOSYS) => number_by_metadata(path),
        Err(_) => None,
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
fn number(path: &Path) -> Option<(u64, u64)> {
    number_by_metadata(path)
}

#[cfg(unix)]
fn number_by_metadata(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn number(_path: &Path) -> Option<(u64, u64)> {
    None
}

fn gone(path: &Path) -> Error {
    Error::new(
        Code::OutboxPath,
        format!(
            "outbox {}: was deleted, moved or replaced while in use; put the same file back, or start again",
            path.display()
        ),
    )
}

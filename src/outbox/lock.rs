//! Who may use the outbox: an advisory lock on a file beside it, so that the kernel frees it however its holder dies.
//!
//! Invariants: the lock file is never deleted (deleting a locked file lets two holders in); the note beside it only tells
//! people who holds it, nothing decides by it.

use crate::error::{Code, Error, Result};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

/// A held lock. Dropping it frees it.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the outbox, or says who holds it.
    pub fn acquire(outbox: &Path) -> Result<Lock> {
        Self::try_acquire(outbox)?.ok_or_else(|| {
            let holder = std::fs::read_to_string(beside(outbox, "-holder")).unwrap_or_default();
            let holder = if holder.is_empty() { "another process" } else { holder.trim() };
            Error::new(
                Code::OutboxLocked,
                format!(
                    "outbox {}: in use by {holder}; stop it, choose another path, or set \"shared\": true in both",
                    outbox.display()
                ),
            )
        })
    }

    /// Takes the lock of the outbox if it is free.
    pub fn try_acquire(outbox: &Path) -> Result<Option<Lock>> {
        let lock = Self::try_file(&beside(outbox, "-lock"))?;
        if lock.is_some() {
            // Only a help for people: without it the error says "another process".
            let _ = write_private(&beside(outbox, "-holder"), &holder());
        }
        Ok(lock)
    }

    /// Takes the lock on a file if it is free.
    pub(super) fn try_file(path: &Path) -> Result<Option<Lock>> {
        let failed = |e: std::io::Error| {
            Error::new(Code::OutboxPath, format!("lock file {}: cannot be opened or locked: {e}", path.display()))
        };
        let file = private().open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(failed(e)),
        }
    }
}

/// `process 4711 (emr.exe)`.
pub(super) fn holder() -> String {
    let program = std::env::current_exe().ok();
    let name = program.as_deref().and_then(Path::file_name).map(|n| n.to_string_lossy().into_owned());
    format!("process {} ({})", std::process::id(), name.as_deref().unwrap_or("unknown program"))
}

/// `outbox.db` -> `outbox.db-lock`.
pub(super) fn beside(outbox: &Path, suffix: &str) -> PathBuf {
    let mut name = outbox.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = private().open(path)?;
    file.set_len(0)?;
    std::io::Write::write_all(&mut file, text.as_bytes())
}

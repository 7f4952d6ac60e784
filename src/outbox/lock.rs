//! Who may use the outbox: advisory locks on files beside it, so that the kernel frees them however their holder dies.
//!
//! Invariants: `-lock` is held by the exclusive owner alone, or by every process that shares, so the two never meet;
//! `-delivers` is held by the one that delivers among those that share. These files are never deleted (deleting a locked
//! file lets two holders in); the note in `-holder` only tells people who holds it, nothing decides by it.

use crate::error::{Code, Error, Result};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often a lock that is held for moments only is tried.
const RETRY: Duration = Duration::from_millis(2);

/// A held lock. Dropping it frees it.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing alone would leave it with a process that the host is starting this moment. Fails only for a wrong file.
        let _ = self.file.unlock();
    }
}

impl Lock {
    /// Takes the outbox for this process alone, or says who holds it.
    pub fn exclusive(outbox: &Path) -> Result<Lock> {
        let lock = Self::try_file(&beside(outbox, "-lock"))?.ok_or_else(|| in_use(outbox))?;
        note_holder(outbox);
        Ok(lock)
    }

    /// Takes a place among those that share the outbox, or says who has it for itself.
    pub fn shared(outbox: &Path) -> Result<Lock> {
        Self::try_with(&beside(outbox, "-lock"), File::try_lock_shared)?.ok_or_else(|| in_use(outbox))
    }

    /// Becomes the one that delivers, if nobody is.
    pub fn try_delivery(outbox: &Path) -> Result<Option<Lock>> {
        let lock = Self::try_file(&beside(outbox, "-delivers"))?;
        if lock.is_some() {
            note_holder(outbox);
        }
        Ok(lock)
    }

    /// Waits for the moments another process needs to set the file up.
    pub(super) fn set_up(outbox: &Path, patience: Duration) -> Result<Lock> {
        let file = beside(outbox, "-setup");
        let deadline = Instant::now() + patience;
        loop {
            match Self::try_file(&file)? {
                Some(lock) => return Ok(lock),
                None if Instant::now() < deadline => std::thread::sleep(RETRY),
                None => return Err(in_use(outbox)),
            }
        }
    }

    /// Takes the lock on a file if it is free.
    pub(super) fn try_file(path: &Path) -> Result<Option<Lock>> {
        Self::try_with(path, File::try_lock)
    }

    fn try_with(path: &Path, lock: fn(&File) -> std::result::Result<(), TryLockError>) -> Result<Option<Lock>> {
        let file = private().open(path).map_err(|e| cannot_open("lock file", path, &e))?;
        match lock(&file) {
            Ok(()) => Ok(Some(Lock { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => {
                Err(Error::new(Code::OutboxPath, format!("lock file {}: cannot be locked: {e}", path.display())))
            }
        }
    }
}

fn in_use(outbox: &Path) -> Error {
    let holder = std::fs::read_to_string(beside(outbox, "-holder")).unwrap_or_default();
    let holder = if holder.is_empty() { "another process" } else { holder.trim() };
    Error::new(
        Code::OutboxLocked,
        format!(
            "outbox {}: in use by {holder}; stop it, choose another path, or set \"shared\": true in both",
            outbox.display()
        ),
    )
}

fn note_holder(outbox: &Path) {
    // Only a help for people: without it the error says "another process".
    let _ = write_private(&beside(outbox, "-holder"), &holder());
}

/// A file beside or of the outbox that the system does not give us.
pub(super) fn cannot_open(what: &str, path: &Path, error: &std::io::Error) -> Error {
    let path = path.display();
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            Error::new(Code::OutboxReadOnly, format!("{what} {path}: cannot be written: {error}"))
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            Error::new(Code::DiskFull, format!("{what} {path}: cannot be created: {error}"))
        }
        _ => Error::new(
            Code::OutboxPath,
            format!("{what} {path}: cannot be opened or created: {error}; its folder must exist"),
        ),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_let_go_is_free_also_when_another_process_has_inherited_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = folder.path().join("outbox.db");
        let lock = Lock::exclusive(&outbox).unwrap();
        let inherited = lock.file.try_clone().unwrap();
        drop(lock);
        assert!(Lock::exclusive(&outbox).is_ok());
        drop(inherited);
    }
}

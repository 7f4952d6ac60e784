//! A file that is renamed to `NAME.1` when it is full, `NAME.1` to `NAME.2`, and so on; the oldest is dropped.
//!
//! Invariants: nothing here panics or blocks on another process; several processes may write one file: each line is one
//! append, and who renames holds a lock on `NAME.lock` and looks again first. A line is written whole or counted as lost.
//! New files belong to their owner alone.
//!
//! Why not a crate: those at hand rotate by what they remember of the directory. file-rotate, the best of them, panics when
//! another process has rotated or an operator has moved a file, and drops lines without a word when it could not open one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub(super) struct RotatingFile {
    path: PathBuf,
    bytes_max: u64,
    files_max: u32,
    /// `None` after an error; opened again for the next line.
    file: Option<File>,
    /// The last write stopped inside a line.
    torn: bool,
    /// Lines lost since the last one that was written.
    lost: u64,
    /// Lines lost before those, told in the file.
    lost_told: u64,
}

impl RotatingFile {
    pub(super) fn open(path: &Path, bytes_max: u64, files_max: u32) -> io::Result<Self> {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        let file = Some(open(path)?);
        Ok(RotatingFile { path: path.to_owned(), bytes_max, files_max, file, torn: false, lost: 0, lost_told: 0 })
    }

    /// Writes a line, before it the one that `told` makes of the number of lines lost before.
    pub(super) fn write(&mut self, line: &str, told: impl FnOnce(u64) -> String) {
        let whole = match self.lost {
            0 => self.append(line),
            lost => self.append(&told(lost)).and_then(|()| {
                self.lost_told = self.lost_told.saturating_add(lost);
                self.lost = 0;
                self.append(line)
            }),
        };
        if whole.is_err() {
            self.lost = self.lost.saturating_add(1);
            self.file = None;
        }
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost_told.saturating_add(self.lost)
    }

    fn append(&mut self, line: &str) -> io::Result<()> {
        let added = line.len() as u64;
        let mut file = match self.file.take() {
            Some(file) => file,
            None => open(&self.path)?,
        };
        if file.metadata()?.len().saturating_add(added) > self.bytes_max {
            self.rotate(added);
            file = open(&self.path)?;
        }
        if self.torn {
            file.write_all(b"\n")?;
            self.torn = false;
        }
        // One call for the whole line: an append of another process cannot come between.
        let written = file.write(line.as_bytes())?;
        if written < line.len() {
            self.torn = true;
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.file = Some(file);
        Ok(())
    }

    /// Makes room for `added` bytes. Where that fails, or another process is at it, the file grows a little over its size.
    fn rotate(&self, added: u64) {
        let Ok(lock) = open(&self.numbered("lock")) else { return };
        if matches!(lock.try_lock(), Err(TryLockError::WouldBlock)) {
            return;
        }
        let full = |file: fs::Metadata| file.len() > 0 && file.len().saturating_add(added) > self.bytes_max;
        if !fs::metadata(&self.path).is_ok_and(full) {
            return; // Another process has done it.
        }
        for number in (1..self.files_max).rev() {
            // Missing numbers are usual: in the beginning, or where an operator tidied up.
            let _ = fs::rename(self.numbered(number), self.numbered(number.saturating_add(1)));
        }
        let _ = fs::rename(&self.path, self.numbered(1));
    }

    fn numbered(&self, ending: impl std::fmt::Display) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(format!(".{ending}"));
        name.into()
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

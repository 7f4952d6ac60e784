//! What alimi writes down about itself: a rotating file, and the `log` facade with the target `alimi`, which a Rust host's
//! logger or the callback of the C ABI sees.
//!
//! Invariants: one record is one line of at most 8 KiB; writing never fails and never panics, a line that cannot be written
//! is counted and the number is told when writing works again; no lock is held while the facade is called; nothing here is
//! global.
//!
//! What may be logged: keys, names of accounts, gateways and templates, codes, counts, times, and numbers through
//! [`crate::content::mask_number`] (`Recipient` prints itself so). Never a text of a message, a variable's value, a name of a
//! person, a whole number or a secret: nobody filters that afterwards.

mod access;
mod file;

pub(crate) use access::{Access, Call};

use crate::config::Logging;
use crate::error::{Code, Error, Result};
use crate::time::Timestamp;
use file::RotatingFile;
use log::{Level, LevelFilter, Record};
use parking_lot::Mutex;
use std::fmt::{self, Write};
use std::sync::Arc;

/// The target of our records in the `log` facade.
pub(crate) const TARGET: &str = "alimi";

/// Longest text of a record; the rest is cut.
const TEXT_BYTES_MAX: usize = 8 * 1024;

/// A handle on the log; clones write to the same file.
#[derive(Clone)]
pub(crate) struct Log(Arc<Sink>);

struct Sink {
    level: LevelFilter,
    file: Option<Mutex<RotatingFile>>,
}

impl Log {
    /// Opens the file of the configuration, with its directory where that is missing.
    pub(crate) fn open(settings: &Logging) -> Result<Log> {
        let file = match &settings.file {
            Some(path) if settings.level > LevelFilter::Off => {
                let bytes_max = settings.max_megabytes.saturating_mul(1 << 20);
                let file = RotatingFile::open(path, bytes_max, settings.max_files).map_err(|error| {
                    let path = path.display();
                    Error::new(Code::ConfigFile, format!("logging.file: {path} cannot be written: {error}"))
                })?;
                Some(Mutex::new(file))
            }
            _ => None,
        };
        Ok(Log(Arc::new(Sink { level: settings.level, file })))
    }

    /// An error: something does not work and needs a person.
    pub(crate) fn error(&self, text: fmt::Arguments<'_>) {
        self.write(Level::Error, text);
    }

    /// A warning: something went wrong and was dealt with.
    pub(crate) fn warn(&self, text: fmt::Arguments<'_>) {
        self.write(Level::Warn, text);
    }

    /// What an operator wants to know in ordinary times.
    pub(crate) fn info(&self, text: fmt::Arguments<'_>) {
        self.write(Level::Info, text);
    }

    /// What helps to find a fault.
    pub(crate) fn debug(&self, text: fmt::Arguments<'_>) {
        self.write(Level::Debug, text);
    }

    /// Lines that could not be written since the log was opened.
    pub(crate) fn lost(&self) -> u64 {
        self.0.file.as_ref().map_or(0, |file| file.lock().lost())
    }

    fn write(&self, level: Level, text: fmt::Arguments<'_>) {
        if let Some(file) = self.0.file.as_ref().filter(|_| level <= self.0.level) {
            let now = Timestamp::now();
            let line = line(now, level, text);
            file.lock().write(&line, |lost| line_of_loss(now, lost));
        }
        if level <= log::max_level() {
            log::logger().log(&Record::builder().level(level).target(TARGET).args(text).build());
        }
    }
}

fn line_of_loss(now: Timestamp, lost: u64) -> String {
    line(now, Level::Warn, format_args!("{lost} lines before this one were lost: the log file could not be written"))
}

/// `2026-12-01T09:00:00.000+09:00 INFO  text`, with its line feed.
fn line(now: Timestamp, level: Level, text: fmt::Arguments<'_>) -> String {
    let mut line = OneLine { text: format!("{} {level:<5} ", now.to_iso()), left: TEXT_BYTES_MAX };
    // A `Display` that fails leaves a shorter line, which is all that can be done about it.
    let _ = line.write_fmt(text);
    line.text.push('\n');
    line.text
}

/// Takes text without its control characters, so that nothing logged can look like a record of its own, and up to a limit.
struct OneLine {
    text: String,
    left: usize,
}

impl Write for OneLine {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            if self.left < c.len_utf8() {
                self.left = 0;
                return Ok(());
            }
            self.left -= c.len_utf8();
            self.text.push(if c.is_control() { ' ' } else { c });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

//! The access record: who called what, when, about how many messages. No texts, no numbers, no keys of messages.
//!
//! Invariants: one line a call, one append a line, so that several processes may write one record; a file for each month
//! (in Korea), `NAME-2026-12.log`, kept for as long as the configuration says and then removed; a line that cannot be
//! written is counted and never holds up the call.
//!
//! A line has, with TABs between: time, process id, user, function, account, template, count of messages, code.

use super::file::RotatingFile;
use crate::config::AccessRecord;
use crate::error::{Code, Error, Result};
use crate::time::{Day, Timestamp};
use parking_lot::Mutex;
use std::path::{Path, PathBuf};

/// What stands for a name that there is not, or that the configuration does not know.
const NOTHING: &str = "-";

/// One call.
pub(crate) struct Call<'a> {
    pub function: &'static str,
    /// Names of the configuration, for nobody filters them; empty for none.
    pub account: &'a str,
    pub template: &'a str,
    pub count: usize,
    pub code: Code,
}

/// The record of one client.
pub(crate) struct Access {
    path: PathBuf,
    days: i32,
    /// Process id and user.
    caller: String,
    month: Mutex<Month>,
}

struct Month {
    /// `2026-12`.
    name: String,
    file: RotatingFile,
    /// Lines lost in earlier months.
    lost: u64,
}

impl Access {
    /// Opens the file of this month and removes those that have been kept long enough.
    pub(crate) fn open(settings: &AccessRecord, now: Timestamp) -> Result<Access> {
        let path = settings.file.clone();
        let days = i32::try_from(settings.days).unwrap_or(i32::MAX);
        let name = month(now.day());
        let file = open(&path, &name).map_err(|error| {
            Error::new(Code::ConfigFile, format!("access_record.file: {} cannot be written: {error}", path.display()))
        })?;
        remove_old(&path, now.day().0.saturating_sub(days));
        let caller = format!("{}\t{}", std::process::id(), user());
        Ok(Access { path, days, caller, month: Mutex::new(Month { name, file, lost: 0 }) })
    }

    /// Writes a call down.
    pub(crate) fn note(&self, now: Timestamp, call: &Call<'_>) {
        let name = |name: &str| if name.is_empty() { NOTHING } else { name }.to_owned();
        let (account, template) = (name(call.account), name(call.template));
        let Call { function, count, code, .. } = call;
        let caller = &self.caller;
        let head = format!("{}\t{caller}", now.to_iso());
        let line = format!("{head}\t{function}\t{account}\t{template}\t{count}\t{}\n", *code as i32);
        let this_month = month(now.day());
        let mut month = self.month.lock();
        if month.name != this_month {
            // Where it cannot be opened the line goes to the file that is open.
            if let Ok(file) = open(&self.path, &this_month) {
                month.lost = month.lost.saturating_add(month.file.lost());
                (month.name, month.file) = (this_month, file);
                remove_old(&self.path, now.day().0.saturating_sub(self.days));
            }
        }
        month.file.write(&line, |lost| format!("{head}\tlines_lost\t{NOTHING}\t{NOTHING}\t{lost}\t0\n"));
    }

    /// Lines that could not be written since it was opened.
    pub(crate) fn lost(&self) -> u64 {
        let month = self.month.lock();
        month.lost.saturating_add(month.file.lost())
    }
}

fn month(day: Day) -> String {
    day.to_iso().chars().take(7).collect()
}

/// `access.log` of `2026-12` is `access-2026-12.log`.
fn file_of(path: &Path, month: &str) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{month}"));
    if let Some(ending) = path.extension() {
        name.push(".");
        name.push(ending);
    }
    path.with_file_name(name)
}

fn open(path: &Path, month: &str) -> std::io::Result<RotatingFile> {
    // A month is one file, whatever its size.
    RotatingFile::open(&file_of(path, month), u64::MAX, 1)
}

/// Removes the files of months that ended before the day `from`. What cannot be removed stays for the next time.
fn remove_old(path: &Path, from: i32) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let found = entry.path();
        let Some(stem) = found.file_stem().and_then(|stem| stem.to_str()) else { continue };
        let Some((_, month)) = stem.split_at_checked(stem.len().saturating_sub(7)) else { continue };
        let over = Day::parse(&format!("{month}-28")).is_ok_and(|day| day.0 + 4 <= from);
        if over && found == file_of(path, month) {
            let _ = std::fs::remove_file(found);
        }
    }
}

/// The user of the system under whom this process runs.
fn user() -> String {
    let name = system_user().unwrap_or_else(|| NOTHING.to_owned());
    name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(unix)]
fn system_user() -> Option<String> {
    let id = nix::unistd::geteuid();
    let known = nix::unistd::User::from_uid(id).ok().flatten();
    Some(known.map_or_else(|| id.to_string(), |user| user.name))
}

#[cfg(not(unix))]
fn system_user() -> Option<String> {
    std::env::var("USERNAME").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-12-31T23:59:59+09:00.
    const LATE: Timestamp = Timestamp(1_798_729_199_000);

    fn call(count: usize) -> Call<'static> {
        Call { function: "send", account: "clinic", template: "", count, code: Code::Ok }
    }

    fn access(folder: &Path, days: u32, now: Timestamp) -> Access {
        Access::open(&AccessRecord { file: folder.join("access.log"), days }, now).unwrap()
    }

    fn read(folder: &Path, name: &str) -> Vec<Vec<String>> {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
    }

    #[test]
    fn a_call_is_one_line_with_time_process_user_function_names_count_and_code() {
        let folder = tempfile::tempdir().unwrap();
        access(folder.path(), 1, LATE).note(LATE, &Call { code: Code::TooLong, ..call(3) });
        let lines = read(folder.path(), "access-2026-12.log");
        let (process, user) = (std::process::id().to_string(), user());
        let expected = ["2026-12-31T23:59:59.000+09:00", &process, &user, "send", "clinic", "-", "3", "-307"];
        assert_eq!(lines, [expected]);
        assert!(!user.is_empty());
    }

    #[test]
    fn each_month_has_its_file_and_goes_when_it_was_kept_long_enough() {
        let folder = tempfile::tempdir().unwrap();
        for other in
            ["access-2024-12.log", "access-2024-11.log", "access-2024-12.txt", "note-2020-01.log", "access.log"]
        {
            std::fs::write(folder.path().join(other), "x").unwrap();
        }
        let access = access(folder.path(), 731, LATE);
        let there = |name: &str| folder.path().join(name).exists();
        assert!(there("access-2024-12.log") && !there("access-2024-11.log"), "two years are not over");
        access.note(LATE, &call(1));
        access.note(LATE.after(std::time::Duration::from_secs(3_600)), &call(2));
        assert_eq!(
            (read(folder.path(), "access-2026-12.log").len(), read(folder.path(), "access-2027-01.log").len()),
            (1, 1)
        );
        access.note(Timestamp(LATE.0 + 40 * 86_400_000), &call(1));
        assert!(!there("access-2024-12.log"));
        assert!(there("access-2024-12.txt") && there("note-2020-01.log") && there("access.log"), "files of others");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn lines_that_cannot_be_written_are_counted_and_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("access-2026-12.log");
        std::os::unix::fs::symlink("/dev/full", &file).unwrap();
        let access = access(folder.path(), 1, LATE);
        access.note(LATE, &call(1));
        access.note(LATE, &call(1));
        assert_eq!(access.lost(), 2);
        std::fs::remove_file(&file).unwrap();
        access.note(LATE, &call(1));
        let lines = read(folder.path(), "access-2026-12.log");
        assert_eq!((&*lines[0][3], &*lines[0][6], lines.len()), ("lines_lost", "2", 2));
    }
}

//! Whether the log (`-wal`) that the last process left has lost something that was committed.
//!
//! SQLite reads a log up to the first frame whose check value fails, and takes the rest for the remains of a power cut. A
//! frame damaged by the disk looks the same, and then everything behind it that was committed is gone without an error.
//!
//! Invariants: what a power cut or a death leaves is never called cut. A commit is synced before the next begins, so a cut
//! leaves at most one commit unread, with nothing behind it: a frame that continues a commit behind the end proves that this
//! commit was whole. And SQLite counts a commit in its index (`-shm`) only when it is synced: an index of the same log that
//! counts more frames than can be read proves it too. The index survives the death of the process, not that of the machine.
//!
//! Not to be known: that the last commit before the power failed is gone, or the head of the log, or, in a shared outbox, the
//! end of the log or its head at any time.

use super::lock::beside;
use super::schema::PAGE_BYTES;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

const HEAD_BYTES: usize = 32;
const FRAME_HEAD_BYTES: usize = 24;
const FRAME_BYTES: usize = FRAME_HEAD_BYTES + PAGE_BYTES as usize;
/// The log's first word, but for its last bit, which says how its check values are made.
const MAGIC: u32 = 0x377f_0682;

/// Two numbers that a log and its frames share until it begins anew.
type Salt = [u8; 8];
type Check = [u32; 2];

/// Whether something that was committed can no longer be read. Called before SQLite opens the files. `alone`: no other
/// process or client has them open, so that the index may be opened: closing it drops the locks that this process has on it.
pub(super) fn is_cut(outbox: &Path, alone: bool) -> bool {
    let look = || Found::of(&beside(outbox, "-wal"));
    let found = look();
    if alone {
        let index = Index::of(&beside(outbox, "-shm"));
        return found.passed_over || index.is_some_and(|index| index.proves_loss(&found));
    }
    // Others may write while it is read: then it looks otherwise the second time.
    found.passed_over && look() == found
}

/// What is in the log.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    /// `None`: there is no log, or its head is not one.
    salt: Option<Salt>,
    /// Frames that SQLite will read.
    whole: u32,
    /// A commit behind them was followed by another.
    passed_over: bool,
}

impl Found {
    fn of(log: &Path) -> Found {
        let Ok(file) = File::open(log) else { return Found::default() };
        let mut file = BufReader::with_capacity(64 * FRAME_BYTES, file);
        let mut found = Found::default();
        let mut bytes = [0; FRAME_BYTES];
        let Some(head) = read(&mut file, &mut bytes, HEAD_BYTES).and_then(Head::of) else { return found };
        found.salt = Some(head.salt);
        // The last frame of this log, for as long as each continues the one before.
        let mut before = Some(Frame { commits: false, check: head.check });
        let (mut number, mut ended) = (0, false);
        while let Some(bytes) = read(&mut file, &mut bytes, FRAME_BYTES) {
            number += 1;
            let frame = Frame::of(bytes, &head.salt);
            let continues = matches!((&frame, &before), (Some(frame), Some(before))
                if frame.check == head.continued(before.check, bytes));
            ended |= !continues;
            if !ended && frame.as_ref().is_some_and(|frame| frame.commits) {
                found.whole = number;
            }
            found.passed_over |= ended && continues && before.is_some_and(|before| before.commits);
            before = frame;
        }
        found
    }
}

/// The next so many bytes, if there are.
fn read<'a>(file: &mut impl Read, bytes: &'a mut [u8], count: usize) -> Option<&'a [u8]> {
    let bytes = bytes.get_mut(..count)?;
    file.read_exact(bytes).ok()?;
    Some(bytes)
}

fn big(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn native(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// The log's head.
struct Head {
    salt: Salt,
    check: Check,
    big_endian: bool,
}

impl Head {
    fn of(bytes: &[u8]) -> Option<Head> {
        let magic = big(bytes, 0)?;
        let check = [big(bytes, 24)?, big(bytes, 28)?];
        let head = Head { salt: bytes.get(16..24)?.try_into().ok()?, check, big_endian: magic & 1 == 1 };
        let whole = sum([0; 2], bytes.get(..24)?, head.big_endian) == check;
        (magic & !1 == MAGIC && u64::from(big(bytes, 8)?) == PAGE_BYTES && whole).then_some(head)
    }

    /// The check value of the frame after one with this check value.
    fn continued(&self, before: Check, frame: &[u8]) -> Check {
        let (head, page) = frame.split_at(FRAME_HEAD_BYTES);
        sum(sum(before, &head[..8], self.big_endian), page, self.big_endian)
    }
}

/// A frame of this log, whole or not.
struct Frame {
    /// It is the last of its transaction.
    commits: bool,
    check: Check,
}

impl Frame {
    /// `None`: it is of an earlier log, or nothing.
    fn of(bytes: &[u8], salt: &Salt) -> Option<Frame> {
        let ours = bytes.get(8..16)? == salt && big(bytes, 0)? != 0;
        let check = [big(bytes, 16)?, big(bytes, 20)?];
        ours.then_some(Frame { commits: big(bytes, 4)? != 0, check })
    }
}

/// SQLite's check value of pairs of words.
fn sum(before: Check, bytes: &[u8], big_endian: bool) -> Check {
    let [mut a, mut b] = before;
    let (pairs, _) = bytes.as_chunks::<8>();
    for &[c, d, e, f, g, h, i, j] in pairs {
        let [first, second] = [[c, d, e, f], [g, h, i, j]].map(match big_endian {
            true => u32::from_be_bytes,
            false => u32::from_le_bytes,
        });
        a = a.wrapping_add(first).wrapping_add(b);
        b = b.wrapping_add(second).wrapping_add(a);
    }
    [a, b]
}

/// The index of the log, as the last process left it.
struct Index {
    salt: Salt,
    /// Frames of whole transactions.
    frames: u32,
    /// Frames whose pages are in the database as well.
    moved: u32,
}

impl Index {
    fn of(path: &Path) -> Option<Index> {
        let mut bytes = [0; 100];
        File::open(path).ok()?.read_exact(&mut bytes).ok()?;
        let whole =
            [native(&bytes, 40)?, native(&bytes, 44)?] == sum([0; 2], &bytes[..40], cfg!(target_endian = "big"));
        let initialised = bytes[12] == 1 && native(&bytes, 0)? == 3_007_000;
        let index =
            Index { salt: bytes[32..40].try_into().ok()?, frames: native(&bytes, 16)?, moved: native(&bytes, 96)? };
        (whole && initialised).then_some(index)
    }

    fn proves_loss(&self, found: &Found) -> bool {
        // Another log than that of the index: it began anew, for which everything had to be in the database.
        let same = found.salt.is_none_or(|salt| salt == self.salt);
        let all_moved = found.whole == 0 && self.moved >= self.frames;
        same && self.frames > found.whole && !all_moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Encryption;
    use crate::outbox::{Outbox, Sealer};
    use crate::time::Timestamp;
    use rusqlite::Connection;
    use std::fs;
    use std::path::PathBuf;
    use tempfile::TempDir;

    const COMMITS: i64 = 6;
    const NAMES: [&str; 3] = ["outbox.db", "outbox.db-wal", "outbox.db-shm"];

    /// The files of an outbox with this many messages, each committed by itself, as they are after a death.
    fn files() -> (TempDir, Vec<u8>) {
        let (alive, dead) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let keys = Encryption { key: None, old_keys: Vec::new() };
        let mut outbox = Outbox::open(&alive.path().join("outbox.db"), &keys).unwrap();
        for number in 0..COMMITS {
            let message = crate::engine::tests::message(&format!("key {number}"));
            let sealed = Sealer::new(&outbox.vault(), 1).seal(message).unwrap();
            outbox.begin().unwrap();
            outbox.insert(sealed, 0, Timestamp(1), None).unwrap();
            outbox.commit().unwrap();
        }
        for name in NAMES {
            fs::copy(alive.path().join(name), dead.path().join(name)).unwrap();
        }
        let log = fs::read(dead.path().join("outbox.db-wal")).unwrap();
        (dead, log)
    }

    /// A copy with another log, and without an index, as after a power cut, where that is wanted.
    fn with_log(files: &TempDir, log: Option<&[u8]>, index: bool) -> (TempDir, PathBuf) {
        let copy = tempfile::tempdir().unwrap();
        for name in NAMES {
            fs::copy(files.path().join(name), copy.path().join(name)).unwrap();
        }
        let path = copy.path().join("outbox.db-wal");
        log.map_or_else(|| fs::remove_file(&path), |log| fs::write(&path, log)).unwrap();
        if !index {
            fs::remove_file(copy.path().join("outbox.db-shm")).unwrap();
        }
        let outbox = copy.path().join("outbox.db");
        (copy, outbox)
    }

    fn messages(outbox: &Path) -> i64 {
        let connection = Connection::open(outbox).unwrap();
        connection.query_row("SELECT count(*) FROM message", [], |row| row.get(0)).unwrap_or(0)
    }

    fn frame_at(number: usize) -> usize {
        HEAD_BYTES + number * FRAME_BYTES
    }

    /// The numbers of the frames that commit.
    fn commits(log: &[u8]) -> Vec<usize> {
        let count = (log.len() - HEAD_BYTES) / FRAME_BYTES;
        (0..count).filter(|number| big(log, frame_at(*number) + 4) != Some(0)).collect()
    }

    #[test]
    fn a_log_is_read_as_sqlite_reads_it() {
        let (files, log) = files();
        let found = Found::of(&files.path().join("outbox.db-wal"));
        let last = commits(&log).pop().unwrap();
        assert_eq!((found.whole as usize, found.passed_over), (last + 1, false));
        let index = Index::of(&files.path().join("outbox.db-shm")).unwrap();
        assert_eq!((index.frames, Some(index.salt)), (found.whole, found.salt));
        for alone in [false, true] {
            assert!(!is_cut(&files.path().join("outbox.db"), alone));
        }
        assert_eq!(messages(&files.path().join("outbox.db")), COMMITS);
    }

    #[test]
    fn a_damaged_frame_is_seen_wherever_it_is() {
        let (files, log) = files();
        let commits = commits(&log);
        let last_but_one = commits[commits.len() - 2];
        for frame in 0..=*commits.last().unwrap() {
            // In the number of its page, its check value, its page.
            for byte in [2, 20, 2_000] {
                let mut log = log.clone();
                log[frame_at(frame) + byte] ^= 4;
                for (index, alone) in [(true, true), (false, false), (false, true)] {
                    let (_copy, outbox) = with_log(&files, Some(&log), index);
                    // Behind the last commit but one there is one more, which may be the one that the power cut.
                    let seen = index || frame < last_but_one;
                    let cut = is_cut(&outbox, alone);
                    assert!(cut || !seen, "frame {frame}, byte {byte}, index {index}");
                    assert!(messages(&outbox) < COMMITS, "frame {frame}");
                }
            }
        }
    }

    #[test]
    fn a_log_that_is_gone_or_has_lost_its_head_is_seen_after_a_death() {
        let (files, log) = files();
        let mut headless = log.clone();
        headless[20] ^= 4;
        for log in [None, Some(&[][..]), Some(&headless), Some(&log[..frame_at(2)])] {
            let (_copy, outbox) = with_log(&files, log, true);
            assert!(is_cut(&outbox, true));
        }
    }

    // On Windows closing a file drops no locks of another.
    #[cfg(unix)]
    #[test]
    fn the_index_is_left_alone_while_this_process_has_the_outbox_open() {
        use crate::outbox::identity::Presence;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outbox.db");
        let keys = Encryption { key: None, old_keys: Vec::new() };
        let outbox = Outbox::open(&path, &keys).unwrap();
        let reader = crate::outbox::Reader::open(&path).unwrap();
        drop(outbox);
        assert!(Presence::is_at(&path));
        drop(reader);
        assert!(!Presence::is_at(&path));
    }

    #[test]
    fn what_a_power_cut_leaves_is_not_called_cut() {
        let (files, log) = files();
        let commits = commits(&log);
        let [.., before, last] = commits[..] else { panic!("{commits:?}") };
        // The last commit, which nobody was told of, reached the disk in part, in whatever order.
        for missing in before + 1..=last {
            for from in [0, 8, 24, 3_000] {
                let mut log = log.clone();
                log[frame_at(missing) + from..frame_at(missing + 1)].fill(0);
                for alone in [false, true] {
                    let (_copy, outbox) = with_log(&files, Some(&log), false);
                    assert!(!is_cut(&outbox, alone), "frame {missing} from {from}");
                }
            }
        }
        for end in frame_at(before + 1)..frame_at(last + 1) {
            if end % 257 == 0 {
                let (_copy, outbox) = with_log(&files, Some(&log[..end]), false);
                assert!(!is_cut(&outbox, true), "ends at {end}");
            }
        }
    }

    #[test]
    fn what_failed_commits_left_behind_the_end_is_not_called_cut() {
        let (files, log) = files();
        let commits = commits(&log);
        let [.., third, second, first] = commits[..] else { panic!("{commits:?}") };
        let mut log = log;
        log.resize(frame_at(first + 2), 0);
        // Behind the end lie the ends of two transactions that began in the same place and were never whole.
        log.copy_within(frame_at(second)..frame_at(second + 1), frame_at(first + 1));
        log[frame_at(third + 1)..frame_at(third + 2)].fill(0);
        log[frame_at(second + 1)..frame_at(first)].fill(0);
        let (_copy, outbox) = with_log(&files, Some(&log), false);
        assert!(!is_cut(&outbox, true));
    }

    #[test]
    fn a_log_that_began_anew_is_not_called_cut() {
        let (files, _) = files();
        let outbox = files.path().join("outbox.db");
        let connection = Connection::open(&outbox).unwrap();
        let all: i64 = connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get(1)).unwrap();
        assert!(all > 0);
        connection.execute_batch("PRAGMA user_version = 5").unwrap();
        let copy = tempfile::tempdir().unwrap();
        for name in NAMES {
            fs::copy(files.path().join(name), copy.path().join(name)).unwrap();
        }
        for alone in [false, true] {
            assert!(!is_cut(&copy.path().join("outbox.db"), alone));
        }
    }
}

//! The promises of the log.

use super::file::RotatingFile;
use super::*;
use crate::config::testing;
use crate::message::Recipient;
use serde_json::json;
use std::fs;
use std::path::Path;

fn log_in(directory: &Path, level: &str) -> Log {
    let logging = json!({"logging": {"file": directory.join("logs/alimi.log"), "level": level}});
    Log::open(&testing::settings(directory, logging).logging).unwrap()
}

fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_record_is_one_line_with_korean_time_and_level() {
    let text = line(Timestamp(1_796_083_200_000), Level::Info, format_args!("started"));
    assert_eq!(text, "2026-12-01T09:00:00.000+09:00 INFO  started\n");
    let text = line(Timestamp(0), Level::Error, format_args!("a\r\nb\u{1b}[0m"));
    assert_eq!(text, "1970-01-01T09:00:00.000+09:00 ERROR a  b [0m\n");
    let long = line(Timestamp(0), Level::Warn, format_args!("{}", "가".repeat(10_000)));
    assert!(long.len() < 8 * 1024 + 40 && long.ends_with("가\n"));
}

#[test]
fn the_level_of_the_configuration_decides_what_the_file_holds() {
    let directory = tempfile::tempdir().unwrap();
    let log = log_in(directory.path(), "warn");
    log.error(format_args!("one"));
    log.warn(format_args!("two"));
    log.info(format_args!("three"));
    log.debug(format_args!("four"));
    let written = lines(&directory.path().join("logs/alimi.log"));
    assert_eq!(written.len(), 2);
    assert!(written[0].ends_with(" ERROR one") && written[1].ends_with(" WARN  two"), "{written:?}");
    let off = tempfile::tempdir().unwrap();
    log_in(off.path(), "off").error(format_args!("one"));
    assert!(!off.path().join("logs").exists());
}

#[test]
fn a_number_that_is_logged_as_a_recipient_is_masked() {
    let directory = tempfile::tempdir().unwrap();
    let log = log_in(directory.path(), "debug");
    let to = Recipient::from_digits("01000001234".to_owned());
    log.info(format_args!("key 1: {to} {to:?} refused"));
    let text = fs::read_to_string(directory.path().join("logs/alimi.log")).unwrap();
    assert!(text.contains("key 1: ") && !text.contains("00001234"), "{text}");
}

#[cfg(unix)]
#[test]
fn new_files_belong_to_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.log");
    let mut file = RotatingFile::open(&path, 8, 2).unwrap();
    for _ in 0..3 {
        file.write("line\n", |_| String::new());
    }
    for name in ["a.log", "a.log.1", "a.log.2", "a.log.lock"] {
        let mode = fs::metadata(directory.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_full_file_makes_way_and_only_so_many_old_ones_stay() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.log");
    let mut file = RotatingFile::open(&path, 10, 2).unwrap();
    for number in 0..9 {
        file.write(&format!("{number:04}\n"), |_| String::new());
    }
    assert_eq!(lines(&path), ["0008"]);
    assert_eq!(lines(&directory.path().join("a.log.1")), ["0006", "0007"]);
    assert_eq!(lines(&directory.path().join("a.log.2")), ["0004", "0005"]);
    assert!(!directory.path().join("a.log.3").exists());
    assert_eq!(file.lost(), 0);
    // A start goes on where the last one ended.
    RotatingFile::open(&path, 10, 2).unwrap().write("0009\n", |_| String::new());
    assert_eq!(lines(&path), ["0008", "0009"]);
    // A line longer than a whole file is kept, alone.
    file.write("longer than ten\n", |_| String::new());
    file.write("next\n", |_| String::new());
    assert_eq!(lines(&directory.path().join("a.log.1")), ["longer than ten"]);
    assert_eq!(lines(&path), ["next"]);
}

#[cfg_attr(windows, ignore = "tried under Wine alone, whose appends are not atomic as those of Windows are")]
#[test]
fn several_writers_share_one_file_and_lose_no_line() {
    const LINES: usize = 500;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.log");
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let path = &path;
            scope.spawn(move || {
                let mut file = RotatingFile::open(path, 1_000, 100).unwrap();
                for number in 0..LINES {
                    file.write(&format!("{writer} {number:04}\n"), |_| String::new());
                }
                assert_eq!(file.lost(), 0);
            });
        }
    });
    let mut all = Vec::new();
    for file in fs::read_dir(directory.path()).unwrap() {
        all.extend(lines(&file.unwrap().path()));
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 4 * LINES);
    assert!(all.iter().all(|line| line.len() == 6));
}

#[test]
fn files_that_an_operator_moves_or_deletes_do_no_harm() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.log");
    let mut file = RotatingFile::open(&path, 10, 3).unwrap();
    for number in 0..20 {
        file.write(&format!("{number:04}\n"), |_| String::new());
        match number {
            8 => fs::remove_file(directory.path().join("a.log.1")).unwrap(),
            11 => fs::rename(&path, directory.path().join("kept")).unwrap(),
            14 => fs::remove_file(&path).unwrap(),
            _ => {}
        }
    }
    assert_eq!(file.lost(), 0);
    assert_eq!(lines(&path), ["0018", "0019"]);
}

#[cfg(target_os = "linux")]
#[test]
fn lines_are_lost_and_counted_while_the_disk_is_full_and_told_when_it_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.log");
    std::os::unix::fs::symlink("/dev/full", &path).unwrap();
    let mut file = RotatingFile::open(&path, 1_000, 2).unwrap();
    let told = |lost: u64| format!("lost {lost}\n");
    file.write("one\n", told);
    file.write("two\n", told);
    assert_eq!(file.lost(), 2);
    fs::remove_file(&path).unwrap();
    file.write("three\n", told);
    file.write("four\n", told);
    assert_eq!(lines(&path), ["lost 2", "three", "four"]);
    assert_eq!(file.lost(), 2);
}

#[test]
fn a_log_file_that_cannot_be_opened_is_an_error_of_its_key() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir_all(directory.path().join("logs/alimi.log")).unwrap();
    let logging = json!({"logging": {"file": directory.path().join("logs/alimi.log")}});
    let error = Log::open(&testing::settings(directory.path(), logging).logging).err().unwrap();
    assert_eq!(error.code(), Code::ConfigFile);
    assert!(error.text().starts_with("logging.file: "), "{error}");
}

//! A disk that is full, fails, cannot be written, or holds something else than it should: a clear code, nothing that was
//! accepted is lost or sent twice, nothing is guessed, and the same client goes on when the fault is gone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]

mod common;

use alimi::error::Code;
use common::{Process, configuration, deliver_all, request, reservation, start, taken};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn player() {
    common::play();
}

/// A command that runs this test binary on a disk that fails while the file `full` or `sync` is in `folder`.
fn on_a_failing_disk(folder: &Path) -> Command {
    let library = folder.join("disk.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/common/disk.c");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).arg("-ldl").status();
    assert!(built.unwrap().success());
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env("LD_PRELOAD", library).env("ALIMI_TEST_FAULTS", folder);
    command
}

/// Sends until the disk is full; returns what was accepted and what was refused.
fn fill_up(process: &mut Process, keep: usize) -> (Vec<String>, Vec<String>) {
    let (mut accepted, mut refused) = (Vec::new(), Vec::new());
    for number in 0.. {
        let key = format!("full-{number}");
        let said = process.send(&key);
        if said == "accepted" {
            accepted.push(key);
            assert!(accepted.len() < 10_000, "the disk is never full");
            continue;
        }
        assert!(said.starts_with("ALIMI_ERR_DISK_FULL"), "{said}");
        refused.push(key);
        if refused.len() == keep {
            break;
        }
    }
    (accepted, refused)
}

fn a_disk_runs_full_and_is_freed(mut process: Process, folder: &Path, fill: &str, free: &str) {
    assert_eq!(process.started(), "started");
    let mut accepted: Vec<String> = (0..20).map(|number| format!("before-{number}")).collect();
    for key in &accepted {
        assert_eq!(process.send(key), "accepted");
    }
    assert_eq!(process.ask(fill), "done");
    let (more, refused) = fill_up(&mut process, 5);
    accepted.extend(more);
    for key in &refused {
        assert!(process.ask(&format!("status {key}")).starts_with("ALIMI_ERR_NOT_FOUND"), "nothing is half kept");
    }
    assert!(process.ask("trouble").starts_with("ALIMI_ERR_DISK_FULL"));
    // Meanwhile the gateway's reports come, and cannot be written down; what got through before may be polled.
    let mut early = Vec::new();
    loop {
        let said = process.ask("poll 500");
        if said == "nothing" {
            break;
        }
        early.push(said.strip_suffix(" delivered").unwrap().to_owned());
    }
    assert_eq!(process.ask(free), "done");
    assert_eq!(process.send("after"), "accepted");
    accepted.push("after".to_owned());
    let rest: Vec<String> = accepted.iter().filter(|key| !early.contains(key)).cloned().collect();
    process.deliver_all(&rest);
    assert_eq!(process.ask("poll 0"), "nothing", "one result each");
    for key in &early {
        assert_eq!(process.ask(&format!("acknowledge {key}")), "done");
    }
    assert_eq!(process.end(), "empty: true");
    let taken = taken(folder);
    assert_eq!(taken.len(), accepted.len());
    assert!(accepted.iter().all(|key| taken[key] == 1), "{taken:?}");
}

#[test]
fn a_full_disk_refuses_keeps_what_was_accepted_and_the_same_client_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let mut configuration = configuration(folder.path(), &json!({}));
    configuration["gateways"]["sandbox"]["delay_ms"] = json!(200);
    let process = Process::start_with(&configuration, on_a_failing_disk(folder.path()));
    let full = folder.path().join("full").display().to_string();
    a_disk_runs_full_and_is_freed(process, folder.path(), &format!("touch {full}"), &format!("remove {full}"));
}

/// The same on a real file system, where this process may mount one.
#[test]
fn a_file_system_that_is_full_is_survived_too() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let mount = format!("mount -t tmpfs -o size=6m none '{}'", disk.display());
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", script]);
        command
    };
    let tried = unshare(&mount).output();
    if !tried.as_ref().is_ok_and(|output| output.status.success()) {
        println!("skipped: a file system cannot be mounted here: {tried:?}");
        return;
    }
    let mut configuration = configuration(folder.path(), &json!({"path": disk.join("outbox.db")}));
    configuration["gateways"]["sandbox"]["delay_ms"] = json!(200);
    let mut command = unshare(&format!("{mount} && exec \"$0\" \"$@\""));
    command.arg(std::env::current_exe().unwrap());
    let process = Process::start_with(&configuration, command);
    let ballast = disk.join("ballast").display().to_string();
    a_disk_runs_full_and_is_freed(process, folder.path(), &format!("fill {ballast}"), &format!("remove {ballast}"));
}

#[test]
fn a_disk_that_is_full_at_the_start_is_said_and_the_next_start_finds_everything() {
    let folder = tempfile::tempdir().unwrap();
    let configuration = configuration(folder.path(), &json!({}));
    let full = folder.path().join("full");
    fs::write(&full, "").unwrap();
    let said = Process::start_with(&configuration, on_a_failing_disk(folder.path())).started();
    assert!(said.starts_with("ALIMI_ERR_DISK_FULL"), "{said}");
    fs::remove_file(full).unwrap();
    let client = start(&configuration).unwrap();
    client.send(request("a")).unwrap();
    deliver_all(&client, &["a".to_owned()]);
}

#[test]
fn while_the_disk_does_not_sync_nothing_is_accepted_and_what_was_accepted_before_is_sent_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut configuration = configuration(folder.path(), &json!({}));
    configuration["gateways"]["sandbox"]["delay_ms"] = json!(200);
    let mut process = Process::start_with(&configuration, on_a_failing_disk(folder.path()));
    assert_eq!(process.started(), "started");
    let mut keys: Vec<String> = (0..20).map(|number| format!("a-{number}")).collect();
    for key in &keys {
        assert_eq!(process.send(key), "accepted");
    }
    let sync = folder.path().join("sync");
    fs::write(&sync, "").unwrap();
    for _ in 0..3 {
        let said = process.send("b");
        assert!(said.starts_with("ALIMI_ERR_OUTBOX_IO"), "{said}");
    }
    assert!(process.ask("trouble").starts_with("ALIMI_ERR_OUTBOX_IO"));
    // Long enough for the gateway's reports to come, which cannot be written down.
    let early = process.ask("poll 500");
    keys.retain(|key| !early.starts_with(&format!("{key} ")));
    fs::remove_file(&sync).unwrap();
    assert_eq!(process.send("b"), "accepted", "refused was refused");
    keys.push("b".to_owned());
    process.deliver_all(&keys);
    assert_eq!(process.end(), "empty: true");
    let taken = taken(folder.path());
    assert!(taken.len() == 21 && taken.values().all(|times| *times == 1), "{taken:?}");
}

#[test]
fn a_process_that_dies_while_the_disk_does_not_sync_has_lost_nothing_it_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let configuration = configuration(folder.path(), &json!({}));
    let mut process = Process::start_with(&configuration, on_a_failing_disk(folder.path()));
    assert_eq!(process.started(), "started");
    let keys: Vec<String> = (0..20).map(|number| format!("a-{number}")).collect();
    for key in &keys {
        assert_eq!(process.send(key), "accepted");
    }
    fs::write(folder.path().join("sync"), "").unwrap();
    assert!(process.send("refused").starts_with("ALIMI_ERR_OUTBOX_IO"));
    process.kill();
    let client = start(&configuration).unwrap();
    deliver_all(&client, &keys);
    // Whether it reached the disk nobody could know; the same key again makes it one message in either case.
    client.send(request("refused")).unwrap();
    if client.status("refused").unwrap().state.word() != "delivered" {
        deliver_all(&client, &["refused".to_owned()]);
    }
    assert!(taken(folder.path()).values().all(|times| *times == 1), "{:?}", taken(folder.path()));
}

#[test]
fn an_outbox_that_cannot_be_written_is_refused_at_the_start() {
    use std::os::unix::fs::{PermissionsExt, chown};
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("place");
    fs::create_dir(&place).unwrap();
    let configuration = configuration(&place, &json!({}));
    start(&configuration).unwrap().shutdown(common::PATIENCE).unwrap();
    for log in ["outbox.db-wal", "outbox.db-shm"] {
        // A connection that only reads may have left them; empty they are of no use.
        let _ = fs::remove_file(place.join(log));
    }
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(folder.path(), 0o755);
    if nix::unistd::geteuid().is_root() {
        for path in fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path()).chain([place.clone()]) {
            chown(path, Some(65_534), None).unwrap();
        }
    }
    let outcome = || Process::start_without_rights(&configuration).started();
    let file = place.join("outbox.db");
    let before = fs::read(&file).unwrap();
    mode(&place, 0o500);
    let said = outcome();
    assert!(said.starts_with("ALIMI_ERR_OUTBOX_READ_ONLY"), "folder: {said}");
    mode(&place, 0o700);
    mode(&file, 0o400);
    let said = outcome();
    assert!(said.starts_with("ALIMI_ERR_OUTBOX_READ_ONLY"), "file: {said}");
    mode(&file, 0o600);
    assert_eq!(fs::read(&file).unwrap(), before, "left as it was");
    assert_eq!(outcome(), "started");
}

/// An outbox in which messages wait, closed.
fn filled(folder: &Path) -> PathBuf {
    let client = start(&configuration(folder, &json!({}))).unwrap();
    let requests = (0..300).map(|n| reservation(&format!("waiting-{n}"))).collect();
    client.send_batch(requests).unwrap().into_iter().for_each(|verdict| drop(verdict.unwrap()));
    client.shutdown(common::PATIENCE).unwrap();
    folder.join("outbox.db")
}

fn refused_at_the_start(folder: &Path) -> Code {
    let path = folder.join("outbox.db");
    let before = fs::read(&path).unwrap();
    let error = start(&configuration(folder, &json!({}))).err();
    let Some(error) = error else { panic!("a file of {} bytes is taken for an outbox", before.len()) };
    assert!(error.text().contains("outbox.db"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before, "left as it was");
    error.code()
}

#[test]
fn a_file_that_is_no_outbox_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outbox.db");
    let mut random = fastrand::Rng::with_seed(1);
    let noise: Vec<u8> = (0..20_000).map(|_| random.u8(..)).collect();
    for content in [&noise[..], "예약 목록\n".repeat(500).as_bytes(), b"x", &[0; 8192]] {
        fs::write(&path, content).unwrap();
        assert_eq!(refused_at_the_start(folder.path()), Code::OutboxCorrupt, "{} bytes", content.len());
    }
    fs::remove_file(&path).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE patients (id INTEGER); PRAGMA user_version = 7;").unwrap();
    drop(other);
    assert_eq!(refused_at_the_start(folder.path()), Code::OutboxCorrupt);
}

#[test]
fn an_outbox_of_a_newer_version_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let newer = rusqlite::Connection::open(path).unwrap();
    newer.execute_batch("PRAGMA user_version = 1000").unwrap();
    drop(newer);
    assert_eq!(refused_at_the_start(folder.path()), Code::OutboxVersion);
}

#[test]
fn an_outbox_that_lost_its_tables_or_its_end_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(refused_at_the_start(folder.path()), Code::OutboxCorrupt);
    fs::write(&path, &whole).unwrap();
    rusqlite::Connection::open(&path).unwrap().execute_batch("DROP TABLE message").unwrap();
    let error = start(&configuration(folder.path(), &json!({}))).map(drop).unwrap_err();
    assert_eq!(error.code(), Code::OutboxCorrupt, "{error}");
}

/// An empty database tells SQLite that its log is of no use. It is: what was committed last is in it.
#[test]
fn a_log_whose_file_is_missing_or_empty_is_not_thrown_away() {
    let folder = tempfile::tempdir().unwrap();
    let configuration = configuration(folder.path(), &json!({}));
    let mut process = Process::start(&configuration);
    assert_eq!(process.started(), "started");
    assert_eq!(process.send("a"), "accepted");
    process.kill();
    let (path, log) = (folder.path().join("outbox.db"), folder.path().join("outbox.db-wal"));
    let kept = folder.path().join("kept");
    let written = fs::read(&log).unwrap();
    assert!(!written.is_empty());
    fs::rename(&path, &kept).unwrap();
    for empty in [false, true] {
        if empty {
            fs::write(&path, "").unwrap();
        }
        assert_eq!(start(&configuration).map(drop).unwrap_err().code(), Code::OutboxCorrupt);
        assert!(fs::read(&log).unwrap() == written);
    }
    fs::rename(&kept, &path).unwrap();
    deliver_all(&start(&configuration).unwrap(), &["a".to_owned()]);
}

#[test]
fn a_damaged_outbox_answers_with_a_code_at_the_start_or_in_use_and_never_panics() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let whole = fs::read(&path).unwrap();
    let pages = whole.len() / 4096;
    let mut random = fastrand::Rng::with_seed(20_261_122);
    let mut told = 0;
    for round in 0..60 {
        let mut damaged = whole.clone();
        if round < pages.min(30) {
            damaged[round * 4096..][..4096].fill(0);
        } else {
            // A stroke across the header or anywhere.
            let start = random.usize(..if round % 2 == 0 { 100 } else { damaged.len() - 64 });
            damaged[start..][..random.usize(1..64)].iter_mut().for_each(|byte| *byte = random.u8(..));
        }
        fs::write(&path, &damaged).unwrap();
        let _ = fs::remove_file(folder.path().join("outbox.db-wal"));
        let _ = fs::remove_file(folder.path().join("outbox.db-shm"));
        let used = start(&configuration(folder.path(), &json!({}))).and_then(|client| {
            let sent = client.send(request(&format!("new-{round}")));
            let asked = client.health().map(drop).and(client.statistics("").map(drop));
            let found = client.status("waiting-7").map(drop);
            let cancelled = client.cancel("waiting-250").map(drop);
            client.shutdown(common::PATIENCE)?;
            sent.map(drop).and(asked).and(found).and(cancelled)
        });
        if let Err(error) = used {
            // Whether a page that is zeroed has lost a message or only the way to it, nothing else may be said.
            let clear = [Code::OutboxCorrupt, Code::OutboxVersion, Code::OutboxIo, Code::OutboxFull, Code::NotFound];
            assert!(clear.contains(&error.code()), "round {round}: {error}");
            told += 1;
        }
    }
    assert!(told > 20, "the damage is noticed: {told}");
}

#[test]
fn an_outbox_that_is_moved_while_in_use_refuses_until_it_is_back_and_then_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let configuration = configuration(folder.path(), &json!({}));
    let client = start(&configuration).unwrap();
    client.send(request("a")).unwrap();
    let (path, away) = (folder.path().join("outbox.db"), folder.path().join("away"));
    fs::rename(&path, &away).unwrap();
    let error = client.send(request("b")).unwrap_err();
    assert_eq!(error.code(), Code::OutboxPath, "{error}");
    assert!(!path.exists(), "an empty one in its place would have forgotten every key");
    fs::rename(&away, &path).unwrap();
    client.send(request("b")).unwrap();
    deliver_all(&client, &["a".to_owned(), "b".to_owned()]);
    assert!(taken(folder.path()).values().all(|times| *times == 1));
}

#[test]
fn an_outbox_or_log_that_is_deleted_or_replaced_while_in_use_accepts_nothing_more() {
    for (lost, replace) in [("outbox.db", false), ("outbox.db", true), ("outbox.db-wal", false)] {
        let folder = tempfile::tempdir().unwrap();
        let configuration = configuration(folder.path(), &json!({}));
        let client = start(&configuration).unwrap();
        client.send(request("a")).unwrap();
        fs::remove_file(folder.path().join(lost)).unwrap();
        if replace {
            fs::write(folder.path().join(lost), "").unwrap();
        }
        for _ in 0..2 {
            let error = client.send(request("b")).unwrap_err();
            assert_eq!(error.code(), Code::OutboxPath, "{lost}: {error}");
        }
        assert!(!taken(folder.path()).contains_key("b"), "what was refused is not sent");
    }
}

#[test]
fn every_file_is_readable_for_its_owner_alone_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let mut configuration = configuration(folder.path(), &json!({"shared": true}));
    configuration["logging"] = json!({"file": folder.path().join("alimi.log"), "level": "debug"});
    let mut command = Command::new("sh");
    command.args(["-c", "umask 000; exec \"$0\" \"$@\""]).arg(std::env::current_exe().unwrap());
    let mut process = Process::start_with(&configuration, command);
    assert_eq!(process.started(), "started");
    assert_eq!(process.send("a"), "accepted");
    process.deliver_all(&["a".to_owned()]);
    let mut names = Vec::new();
    for file in fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        let name = file.file_name().into_string().unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{name}: {mode:o}");
        names.push(name);
    }
    for name in ["outbox.db", "outbox.db-wal", "outbox.db-shm", "outbox.db-lock", "alimi.log", "journal"] {
        assert!(names.iter().any(|there| there == name), "{name} is among {names:?}");
    }
    assert_eq!(process.end(), "empty: true");
}

#[test]
fn a_path_at_which_no_outbox_can_be_is_said_with_the_path() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    fs::create_dir(folder.path().join("outbox.db")).unwrap();
    let mut wrong = vec![folder.path().join("outbox.db")];
    wrong.extend(["missing/outbox.db", "file/outbox.db"].map(|path| folder.path().join(path)));
    wrong.push(folder.path().join("long".repeat(100)));
    for path in wrong {
        for shared in [false, true] {
            let settings = json!({"path": path, "shared": shared});
            let error = start(&configuration(folder.path(), &settings)).map(drop).unwrap_err();
            assert_eq!(error.code(), Code::OutboxPath, "{error}");
            assert!(error.text().contains(path.to_str().unwrap()), "{error}");
        }
    }
}

#[test]
fn an_outbox_can_lie_at_a_path_in_hangul_with_spaces() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("환자 알림 똠방각하");
    fs::create_dir(&place).unwrap();
    let configuration = configuration(&place, &json!({"path": place.join("보낼 편지함.db")}));
    for key in ["a", "b"] {
        let client = start(&configuration).unwrap();
        client.send(request(key)).unwrap();
        deliver_all(&client, &[key.to_owned()]);
        client.shutdown(common::PATIENCE).unwrap();
    }
    assert!(place.join("보낼 편지함.db").is_file());
}

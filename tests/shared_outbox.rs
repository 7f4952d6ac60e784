//! Several processes on one outbox, as on a terminal server: each submits and reads its own results, one delivers, and
//! another takes its place when it dies. The judge is the sandbox's journal.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]

mod common;

use alimi::error::Code;
use common::{PATIENCE, Process, configuration, deliver_all, request, start, taken};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;

#[test]
fn player() {
    common::play();
}

fn shared(folder: &Path) -> Value {
    configuration(folder, &json!({"shared": true}))
}

fn started(configuration: &Value) -> Process {
    let process = Process::start(configuration);
    assert_eq!(process.started(), "started");
    process
}

/// Waits until the process delivers.
fn await_delivery(process: &mut Process) {
    let deadline = Instant::now() + PATIENCE;
    while process.ask("delivers") != "true" {
        assert!(Instant::now() < deadline, "nobody takes over");
    }
}

fn assert_taken_once(folder: &Path, keys: &[String]) {
    let taken = taken(folder);
    let wrong: Vec<_> = keys.iter().filter(|key| taken.get(*key) != Some(&1)).collect();
    assert!(wrong.is_empty(), "not taken exactly once: {wrong:?}");
    assert_eq!(taken.len(), keys.len());
}

#[test]
fn processes_that_start_at_the_same_moment_on_a_new_outbox_all_work_and_one_delivers() {
    let folder = tempfile::tempdir().unwrap();
    let mut processes: Vec<Process> = (0..6).map(|_| Process::start(&shared(folder.path()))).collect();
    for process in &processes {
        assert_eq!(process.started(), "started");
    }
    let delivering =
        processes.iter_mut().filter_map(|process| (process.ask("delivers") == "true").then_some(())).count();
    assert_eq!(delivering, 1);
    let mut all = Vec::new();
    for (number, process) in processes.iter_mut().enumerate() {
        let keys: Vec<String> = (0..20).map(|n| format!("{number}-{n}")).collect();
        keys.iter().for_each(|key| assert_eq!(process.send(key), "accepted"));
        all.push(keys);
    }
    for (process, keys) in processes.iter_mut().zip(&all) {
        process.deliver_all(keys);
        assert_eq!(process.ask("poll 0"), "nothing", "only its own results");
    }
    assert_taken_once(folder.path(), &all.concat());
}

#[test]
fn any_process_sees_and_cancels_any_message_and_the_result_comes_to_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = started(&shared(folder.path()));
    let mut second = started(&shared(folder.path()));
    assert_eq!((first.ask("delivers").as_str(), second.ask("delivers").as_str()), ("true", "false"));
    assert_eq!(first.ask("reserve of the first"), "accepted");
    assert_eq!(second.ask("reserve of the second"), "accepted");
    assert_eq!(second.ask("status of the first"), "scheduled");
    assert_eq!(second.ask("cancel of the first"), "done");
    assert_eq!(first.ask("cancel of the second"), "done");
    assert_eq!(first.ask("poll 60000"), "of the first cancelled");
    assert_eq!(second.ask("poll 60000"), "of the second cancelled");
    assert!(first.ask("cancel of the first").starts_with("ALIMI_ERR_TOO_LATE"));
    assert!(taken(folder.path()).is_empty());
}

#[test]
fn when_the_delivering_process_is_killed_another_takes_over_and_nothing_is_lost_or_sent_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = started(&shared(folder.path()));
    let mut second = started(&shared(folder.path()));
    // Answers that are lost or late keep requests under way.
    let endings = ["00", "30", "31", "20", "50"];
    let keys = |process: &str| -> Vec<String> {
        (0..60).map(|n| format!("{process}-{n}~{}", endings[n % endings.len()])).collect()
    };
    let (of_first, of_second) = (keys("first"), keys("second"));
    for key in &of_second {
        second.tell(&format!("send {key}"));
    }
    of_first.iter().for_each(|key| assert_eq!(first.send(key), "accepted"));
    let died = Instant::now();
    first.kill();
    of_second.iter().for_each(|_| assert_eq!(second.answer(), "accepted"));
    await_delivery(&mut second);
    println!("taken over {} ms after the kill; promised are 2000", died.elapsed().as_millis());
    let all = [of_first, of_second].concat();
    second.deliver_all(&all);
    assert_eq!(second.ask("poll 0"), "nothing");
    assert_taken_once(folder.path(), &all);
    assert_eq!(second.end(), "empty: true");
}

#[test]
fn processes_that_come_and_are_killed_at_random_moments_lose_nothing_and_send_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::new();
    let mut accepted = Vec::new();
    let mut processes: Vec<Process> = Vec::new();
    for round in 0..12 {
        while processes.len() < 3 {
            processes.push(started(&shared(folder.path())));
        }
        let keys: Vec<Vec<String>> = (0..processes.len())
            .map(|process| (0..40).map(|n| format!("{round}-{process}-{n}~{}", ["00", "30", "31"][n % 3])).collect())
            .collect();
        for (process, keys) in processes.iter_mut().zip(&keys) {
            keys.iter().for_each(|key| process.tell(&format!("send {key}")));
        }
        let victim = random.usize(..processes.len());
        let heard = random.usize(..40);
        for (index, keys) in keys.iter().enumerate() {
            let answers = if index == victim { heard } else { keys.len() };
            for key in &keys[..answers] {
                assert_eq!(processes[index].answer(), "accepted");
                accepted.push(key.clone());
            }
        }
        processes.remove(victim).kill();
    }
    processes.into_iter().for_each(Process::kill);
    // Alone, this process gets the results of all.
    let client = start(&configuration(folder.path(), &json!({}))).unwrap();
    deliver_all(&client, &accepted);
    assert!(client.flush(PATIENCE).unwrap());
    let twice: Vec<_> = taken(folder.path()).into_iter().filter(|(_, times)| *times != 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[test]
fn results_that_a_dead_process_never_took_come_to_the_one_that_delivers() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = started(&shared(folder.path()));
    let mut second = started(&shared(folder.path()));
    let keys: Vec<String> = (0..20).map(|n| format!("a-{n}")).collect();
    keys.iter().for_each(|key| assert_eq!(second.send(key), "accepted"));
    // One it has seen and not acknowledged, the others it has not seen.
    let said = second.ask("poll 60000");
    assert!(said.ends_with(" delivered"), "{said}");
    second.kill();
    first.deliver_all(&keys);
    assert_taken_once(folder.path(), &keys);
}

#[test]
fn an_outbox_is_either_for_one_process_or_shared_and_the_error_names_the_holder() {
    let folder = tempfile::tempdir().unwrap();
    let alone = configuration(folder.path(), &json!({}));
    let refused = |configuration: &Value, holder: &Process| {
        let error = start(configuration).map(drop).unwrap_err();
        assert_eq!(error.code(), Code::OutboxLocked);
        assert!(error.text().contains(&format!("process {} ", holder.id())), "{error}");
    };
    let holder = started(&alone);
    refused(&alone, &holder);
    refused(&shared(folder.path()), &holder);
    assert_eq!(holder.end(), "empty: true");
    let holder = started(&shared(folder.path()));
    refused(&alone, &holder);
    holder.kill();
    start(&alone).unwrap().shutdown(PATIENCE).unwrap();
}

/// The locks that SQLite takes belong to the process: closing any descriptor of the file drops them all, and another program
/// that looks into the file and leaves may then remove the log that is still in use.
#[cfg(target_os = "linux")]
#[test]
fn a_second_client_of_the_same_process_does_not_take_the_locks_of_the_first_away() {
    use std::os::unix::fs::MetadataExt;
    let folder = tempfile::tempdir().unwrap();
    let _first = start(&shared(folder.path())).unwrap();
    let _second = start(&shared(folder.path())).unwrap();
    let number = std::fs::metadata(folder.path().join("outbox.db")).unwrap().ino();
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    let held = |line: &str| line.contains(" POSIX ") && line.contains(&format!(":{number} "));
    assert!(locks.lines().any(held), "inode {number} is not locked:\n{locks}");
}

#[test]
fn a_flush_of_a_process_that_does_not_deliver_waits_for_the_one_that_does() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = started(&shared(folder.path()));
    assert_eq!(first.ask("delivers"), "true");
    let second = start(&shared(folder.path())).unwrap();
    second.send(request("a")).unwrap();
    assert!(second.flush(PATIENCE).unwrap());
    assert_eq!(taken(folder.path()).get("a"), Some(&1));
}

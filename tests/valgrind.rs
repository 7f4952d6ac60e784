//! The C programs under valgrind's memcheck: no invalid read or write, nothing used unset, nothing lost. Skipped, with a
//! word, where valgrind is not installed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]
#![allow(clippy::print_stderr, reason = "says what was skipped")]
#![allow(unsafe_code, reason = "the library is loaded and called as C does")]

mod built;

use built::{Program, quick_directory};
use std::process::Command;

fn is_clean(name: &str, scenarios: &[&str]) {
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!("skipped: no valgrind here");
        return;
    }
    let program = Program::compile(name, "gcc", "gnu11", "-DPACK=0");
    for scenario in scenarios {
        let directory = quick_directory();
        let log = directory.path().join("valgrind.log");
        let outer = [
            "valgrind",
            "--leak-check=full",
            // In a forked child everything that the parent's threads held looks lost: the parent's own log tells.
            "--errors-for-leak-kinds=none",
            "--error-exitcode=99",
            "--child-silent-after-fork=yes",
            &format!("--log-file={}", log.display()),
        ];
        let mut command = program.under(&outer);
        command.arg(directory.path());
        if !scenario.is_empty() {
            command.arg(scenario);
        }
        let output = command.output().unwrap();
        let (said, found) = (String::from_utf8_lossy(&output.stderr).into_owned(), built::text_of(&log));
        assert!(output.status.success(), "{name} {scenario}: {}\n{said}\n{found}", output.status);
        assert!(found.contains("ERROR SUMMARY: 0 errors"), "{name} {scenario}: {found}");
        let lost =
            |kind: &str| found.contains(&format!("{kind} lost: ")) && !found.contains(&format!("{kind} lost: 0 bytes"));
        assert!(!lost("definitely") && !lost("indirectly"), "{name} {scenario}: {found}");
    }
}

#[test]
fn every_function_does_its_work() {
    is_clean("flow.c", &[""]);
}

#[test]
fn wrong_use_is_an_error() {
    is_clean("abuse.c", &[""]);
}

#[test]
fn callbacks_call_everything_and_end_their_client() {
    is_clean("callbacks.c", &["everything", "end", "removal"]);
}

#[test]
fn many_threads_call_everything_under_a_shutdown() {
    is_clean("threads.c", &["short shutdown", "clients"]);
}

#[test]
fn a_full_disk_is_told_and_files_are_found() {
    is_clean("limits.c", &["disk"]);
    is_clean("host.c", &["directory"]);
}

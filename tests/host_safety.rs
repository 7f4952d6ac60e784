//! What alimi does to the program it lives in: nothing that the program did not ask for. Each promise is kept or broken
//! in front of a C program, in a process of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]
#![allow(unsafe_code, reason = "the library is loaded and called as C does")]

mod built;

use alimi::message::State;
use alimi::{Client, Settings};
use built::{Program, quick_directory, run};
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

/// Runs a scenario of a program, each with an outbox of its own.
fn play(program: &OnceLock<Program>, name: &str, scenario: &str) {
    let program = program.get_or_init(|| Program::compile(name, "gcc", "c11", "-DPACK=0"));
    let directory = quick_directory();
    assert!(run(program.command().arg(directory.path()).arg(scenario)).ends_with(" checks\n"));
}

static HOST: OnceLock<Program> = OnceLock::new();

fn host(scenario: &str) {
    play(&HOST, "host.c", scenario);
}

fn callbacks(scenario: &str) {
    static CALLBACKS: OnceLock<Program> = OnceLock::new();
    play(&CALLBACKS, "callbacks.c", scenario);
}

fn threads(scenario: &str) {
    static THREADS: OnceLock<Program> = OnceLock::new();
    play(&THREADS, "threads.c", scenario);
}

#[test]
fn a_thousand_starts_and_ends_in_one_process_leave_no_thread_file_or_memory() {
    host("cycles");
}

#[test]
fn a_start_that_fails_leaves_no_thread_file_or_memory() {
    host("failed_starts");
}

#[test]
fn shutdown_and_flush_end_in_time_while_a_request_hangs() {
    host("bounded");
}

#[test]
fn an_idle_client_has_two_threads_that_never_wake() {
    host("idle");
}

#[test]
fn threads_of_ours_take_no_signal_of_the_program() {
    host("signals");
}

#[test]
fn the_program_may_change_its_directory_after_the_start() {
    host("directory");
}

#[test]
fn a_library_that_is_unloaded_with_a_live_client_goes_on() {
    host("unload");
}

#[test]
fn what_belongs_to_the_calling_thread_and_the_process_is_the_same_after_every_call() {
    let program = Program::compile("untouched.c", "gcc", "c11", "-DPACK=0");
    assert!(run(program.command().arg(quick_directory().path())).ends_with(" checks\n"));
}

#[test]
fn the_log_callback_may_call_every_function_and_none_waits_for_the_thread_it_holds_up() {
    callbacks("everything");
}

#[test]
fn a_callback_may_end_its_client() {
    callbacks("end");
}

#[test]
fn shutdown_is_bounded_while_a_callback_hangs() {
    callbacks("hang");
}

#[test]
fn a_callback_whose_removal_is_done_is_not_running() {
    callbacks("removal");
}

#[test]
fn many_threads_may_call_everything_while_another_shuts_down() {
    threads("shutdown");
}

#[test]
fn a_fork_at_any_moment_is_told_to_the_child_and_the_parent_goes_on() {
    threads("fork");
}

#[test]
fn clients_open_and_close_beside_each_other() {
    threads("clients");
}

#[test]
fn a_program_may_end_without_a_word_and_nothing_that_was_accepted_is_lost() {
    let program = HOST.get_or_init(|| Program::compile("host.c", "gcc", "c11", "-DPACK=0"));
    for how in ["main", "exit", "_exit", "thread", "callback", "kill"] {
        let directory = quick_directory();
        let mut command = program.command();
        command.arg(directory.path()).arg(format!("end:{how}"));
        if how == "kill" {
            assert!(!command.status().unwrap().success());
        } else {
            run(&mut command);
        }
        every_message_has_its_result(directory.path());
    }
}

/// The program left 100 messages: a third each to numbers that never answer, that are delivered, that fall back.
fn every_message_has_its_result(directory: &Path) {
    let configuration = serde_json::json!({
        "outbox": {"encryption": "none", "path": directory.join("left.db")},
        "gateways": {"sandbox": {"type": "sandbox", "delay_ms": 0}},
        "accounts": {"clinic": {"sender_key": "any", "sender_number": "070-0000-0001"}},
        "logging": {"file": null},
    });
    let client = Client::start(Settings::parse(&configuration.to_string()).unwrap()).unwrap();
    for _ in 0..100 {
        let result = client.poll(Duration::from_secs(60)).unwrap().expect("a result within a minute");
        let number: usize = result.key.strip_prefix("L-").unwrap().parse().unwrap();
        // What was under way when the program ended may be unknown; what never answers always is.
        match number % 3 {
            0 => assert_eq!(result.state, State::Unknown, "{number}"),
            _ => assert!(matches!(result.state, State::Delivered | State::Unknown), "{number}: {}", result.state),
        }
        client.acknowledge(&result.key).unwrap();
    }
    assert!(client.poll(Duration::ZERO).unwrap().is_none(), "one result each");
    assert!(client.shutdown(Duration::from_secs(60)).unwrap());
}

#[test]
fn what_the_system_does_not_give_is_told_and_no_signal_of_ours_ends_the_program() {
    static LIMITS: OnceLock<Program> = OnceLock::new();
    play(&LIMITS, "limits.c", "disk");
    play(&LIMITS, "limits.c", "file");
    play(&LIMITS, "limits.c", "right");
}

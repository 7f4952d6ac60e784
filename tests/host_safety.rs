//! What alimi does to the program it lives in: nothing that the program did not ask for. Each promise is kept or broken
//! in front of a C program, in a process of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]
#![allow(unsafe_code, reason = "the library is loaded and called as C does")]

mod common;

use common::{Program, quick_directory, run};
use std::sync::OnceLock;

fn host(scenario: &str) {
    static HOST: OnceLock<Program> = OnceLock::new();
    let program = HOST.get_or_init(|| Program::compile("host.c", "gcc", "c11", "-DPACK=0"));
    let directory = quick_directory();
    assert!(run(program.command().arg(directory.path()).arg(scenario)).ends_with(" checks\n"));
}

#[test]
fn a_thousand_starts_and_ends_in_one_process_leave_no_thread_file_or_memory() {
    host("cycles");
}

#[test]
fn what_belongs_to_the_calling_thread_and_the_process_is_the_same_after_every_call() {
    let program = Program::compile("untouched.c", "gcc", "c11", "-DPACK=0");
    assert!(run(program.command().arg(quick_directory().path())).ends_with(" checks\n"));
}

#[test]
fn the_program_may_change_its_directory_after_the_start() {
    host("directory");
}

fn callbacks(scenario: &str) {
    static CALLBACKS: OnceLock<Program> = OnceLock::new();
    let program = CALLBACKS.get_or_init(|| Program::compile("callbacks.c", "gcc", "c11", "-DPACK=0"));
    let directory = quick_directory();
    assert!(run(program.command().arg(directory.path()).arg(scenario)).ends_with(" checks\n"));
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

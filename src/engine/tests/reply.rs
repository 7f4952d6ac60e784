//! Questions and answers. Every order of their steps is tried in `engine/model.rs`.

use crate::engine::{NoAnswer, ask};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

#[test]
fn an_answer_reaches_a_caller_that_sleeps() {
    let (reply, answer) = ask();
    let engine = std::thread::spawn(move || reply.send(Ok(7)));
    assert_eq!(answer.wait(Duration::from_secs(60)), Ok(Ok(7)));
    engine.join().unwrap();
}

#[test]
fn a_reply_dropped_unanswered_ends_the_wait() {
    let (reply, answer) = ask::<()>();
    drop(reply);
    assert_eq!(answer.wait(Duration::from_secs(60)), Err(NoAnswer::Gone));
}

#[test]
fn a_wait_ends_at_its_deadline_and_the_late_reply_is_no_fault() {
    let (reply, answer) = ask();
    assert_eq!(answer.wait(Duration::ZERO), Err(NoAnswer::Late));
    reply.send(Ok(()));
}

#[test]
fn callers_that_wait_together_are_all_answered_and_counted_out() {
    let waiting = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for number in 0..8 {
            let waiting = &waiting;
            scope.spawn(move || {
                let (reply, answer) = ask();
                scope.spawn(move || reply.send(Ok(number)));
                assert_eq!(answer.wait_awake(waiting, Duration::from_secs(60)), Ok(Ok(number)));
            });
        }
    });
    assert_eq!(waiting.load(Ordering::Relaxed), 0);
}

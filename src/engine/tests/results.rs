//! Polls that wait and those who wake them. Every order of their steps is tried in `engine/model.rs`.

use crate::engine::ResultQueue;
use crate::message::MessageResult;
use std::time::{Duration, Instant};

fn wait(queue: &ResultQueue) -> Option<MessageResult> {
    queue.take(Instant::now() + Duration::from_secs(3_600)).unwrap().result
}

#[test]
fn one_wake_ends_every_waiting_poll_and_only_those() {
    let queue = ResultQueue::default();
    std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..3).map(|_| scope.spawn(|| wait(&queue))).collect();
        while queue.inner.lock().polls < waiting.len() {
            std::thread::yield_now();
        }
        queue.wake();
        assert!(waiting.into_iter().all(|poll| poll.join().unwrap().is_none()));
    });
    assert!(!queue.inner.lock().woken, "nothing is left of it for the next poll");
}

#[test]
fn who_does_not_wait_is_not_woken_later_when_only_those_who_wait_are_meant() {
    let queue = ResultQueue::default();
    queue.wake_who_waits();
    assert!(!queue.inner.lock().woken);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| wait(&queue));
        while queue.inner.lock().polls == 0 {
            std::thread::yield_now();
        }
        queue.wake_who_waits();
        assert!(waiting.join().unwrap().is_none());
    });
}

#[test]
fn a_wake_that_nobody_waits_for_ends_the_next_poll() {
    let queue = ResultQueue::default();
    queue.wake();
    assert!(wait(&queue).is_none());
    assert!(!queue.inner.lock().woken);
}

//! The way to a gateway and what can be wrong on it: trust, proxies, names, servers that say nothing or nonsense. For each
//! the message is where it belongs (not sent: it waits for another try; possibly sent: it is settled or called unknown),
//! and what people read says why and nothing of the patient.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../vendors/mod.rs"]
mod vendors;

mod certificates;
mod listeners;
mod proxy;
mod trial;

mod answers;
mod clocks;
mod idle;
mod pace;
mod proxies;
mod shutdown;
mod trust;
mod unreachable;

/// The client in a process of its own.
#[test]
fn player() {
    common::play();
}

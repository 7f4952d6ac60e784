//! Torture: the promises "accepted means kept" and "never twice" under kills, power cuts, bad disks, bad networks, wrong
//! clocks and load, with the simulator's journal as the judge. One row of one table for each scenario.
//!
//! Invariants: every wait has a deadline; every process started here ends with this one; a scenario fails when something
//! was lost or doubled, or when a fate is unknown that could have been known.
//!
//! `cargo test --test torture` runs the short form, `./torture` the long one. By itself it is a program, not a list of
//! tests, because the same binary is also the process that is killed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]
#![cfg_attr(not(target_os = "linux"), allow(unused, reason = "it needs Linux: preloaded libraries and /proc"))]

#[cfg(target_os = "linux")]
mod clock;
#[cfg(target_os = "linux")]
mod crew;
#[cfg(target_os = "linux")]
mod disk;
#[cfg(target_os = "linux")]
mod dns;
#[cfg(target_os = "linux")]
mod kill;
#[cfg(target_os = "linux")]
mod load;
#[cfg(target_os = "linux")]
mod migration;
#[cfg(target_os = "linux")]
mod namespace;
#[cfg(target_os = "linux")]
mod network;
#[cfg(target_os = "linux")]
mod power;
#[cfg(target_os = "linux")]
mod rig;
#[cfg(target_os = "linux")]
mod shared;
#[cfg(target_os = "linux")]
mod table;
#[cfg(target_os = "linux")]
#[path = "../vendors/mod.rs"]
mod vendors;
#[cfg(target_os = "linux")]
mod witness;
#[cfg(target_os = "linux")]
mod worker;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    if let Ok(order) = std::env::var(worker::ORDER) {
        worker::run(&order);
        return std::process::ExitCode::SUCCESS;
    }
    if namespace::play_inside(&[("dns", dns::inside), ("disk", disk::inside)]) {
        return std::process::ExitCode::SUCCESS;
    }
    table::run(&[
        kill::SCENARIOS,
        shared::SCENARIOS,
        migration::SCENARIOS,
        power::SCENARIOS,
        disk::SCENARIOS,
        network::SCENARIOS,
        dns::SCENARIOS,
        clock::SCENARIOS,
        load::SCENARIOS,
    ])
}

#[cfg(not(target_os = "linux"))]
fn main() {}

//! A simulator of five Korean message gateways for tests: NHN Cloud, SOLAPI, Bizgo, Naver SENS and Aligo, on one local port.
//!
//! Invariants: it never sends anything anywhere but to the webhook addresses it was given, and takes only recipients of the
//! sandbox (`0100000xxxx`); one thread does everything; the same requests have the same fates.

pub mod ask;
pub mod clock;
pub mod control;
pub mod fate;
pub mod faults;
pub mod journal;
pub mod matching;
mod model;
mod server;
pub mod setup;
pub mod signing;
mod simulator;
pub mod store;
pub mod vendor;
mod webhook;
mod world;

pub use control::Captured;
pub use faults::{Call, Fault, Kind, Line};
pub use setup::Setup;
pub use simulator::{Options, Simulator, Tls};
pub use store::Vendor;

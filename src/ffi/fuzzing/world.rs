//! The clients that the calls go to, and their configurations.
//!
//! Invariants: the first client lives longer than one input; no configuration has a path or an address of the fuzzer's.

use super::arguments::{Given, Text};
use crate::config::Settings;
use crate::ffi::api;
use crate::ffi::text::read_config;
use arbitrary::Arbitrary;
use parking_lot::Mutex;
use std::ffi::c_char;
use tempfile::TempDir;

#[derive(Arbitrary, Debug)]
pub(super) enum Who {
    Main,
    Spare,
    Closed,
    Number(i32),
}

#[derive(Arbitrary, Debug)]
pub(super) enum Configuration {
    Good(bool),
    Bad(Text),
}

/// Clients that live longer than one input.
pub(super) struct World {
    pub directory: TempDir,
    pub main: i32,
    pub spare: i32,
    pub closed: i32,
    pub inputs: u32,
}

pub(super) static WORLD: Mutex<Option<World>> = Mutex::new(None);

impl World {
    pub fn new() -> World {
        let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let mut world = World { directory, main: 0, spare: 0, closed: 0, inputs: 0 };
        let config = Text::Bytes(world.configuration("main", false).into_bytes()).given();
        assert_eq!(unsafe { api::alimi_init(config.at(), &raw mut world.main) }, 0);
        world
    }

    fn configuration(&self, name: &str, cp949: bool) -> String {
        let templates = serde_json::json!({
            "visit": {"text": "#{name} - #{time}", "fallback": {"text": "#{name} #{id}"}},
        });
        let config = serde_json::json!({
            "outbox": {"path": self.directory.path().join(name), "encryption": "none", "shared": true, "max_messages": 500},
            "encoding": if cp949 { "cp949" } else { "utf-8" },
            "gateways": {"sandbox": {"type": "sandbox", "delay_ms": 0}},
            "accounts": {"clinic": {"sender_key": "any", "sender_number": "070-0000-0001"}},
            "templates": templates,
            "retry": {"initial_ms": 1, "max_ms": 1, "request_timeout_ms": 10},
            "logging": {"file": null},
        });
        config.to_string()
    }

    pub fn number(&self, who: &Who) -> i32 {
        match who {
            Who::Main => self.main,
            Who::Spare => self.spare,
            Who::Closed => self.closed,
            Who::Number(number) => *number,
        }
    }

    /// A configuration; `None` where it would be a good one of unknown paths and addresses.
    pub fn given(&self, configuration: &Configuration) -> Option<Given> {
        let text = match configuration {
            Configuration::Good(cp949) => return Some(Text::Bytes(self.configuration("spare", *cp949).into()).given()),
            Configuration::Bad(text) => text,
        };
        let Given(Some((bytes, units))) = text.given() else { return Some(Given(None)) };
        // Never a path.
        let given = Given(Some(([b"{", &*bytes].concat(), [&[u16::from(b'{')], &*units].concat())));
        let narrow = unsafe { read_config::<u8>(given.at::<*const c_char>().cast()) };
        let wide = unsafe { read_config::<u16>(given.at()) };
        let good = [narrow, wide].into_iter().flatten().any(|(text, _)| Settings::parse(&text).is_ok());
        (!good).then_some(given)
    }
}

//! Bizgo communication API v1.

use super::{Adapter, Capabilities, Dialogue, Heard, Limits, Moment, Order, Settling, Step};
use crate::config::Secret;
use std::time::Duration;

/// The vendor's address.
pub(super) const ADDRESS: &str = "https://mars.ibapi.kr";

/// What it can do.
pub(super) fn capabilities() -> Capabilities {
    Capabilities {
        batch_max: 1,
        text_batch_max: 1,
        settling: Settling::Reference,
        settle_after: Duration::from_secs(30),
        check_every: Duration::from_secs(600),
        poll_every: None,
        falls_back: &[],
        reserves: None,
        limits: Limits::default(),
    }
}

pub(super) struct Bizgo;

impl Bizgo {
    pub(super) fn new(api_key: &Secret) -> Self {
        let _ = (api_key);
        Bizgo
    }
}

impl Adapter for Bizgo {
    fn begin(&self, order: Order) -> Box<dyn Dialogue> {
        let _ = order;
        Box::new(Bizgo)
    }
}

impl Dialogue for Bizgo {
    fn next(&mut self, _: Option<Heard>, _: &Moment) -> Step {
        Step::Done(None)
    }
}

//! Aligo: AlimTalk (akv10) and SMS.

use super::{Adapter, Capabilities, Dialogue, Heard, Limits, Moment, Order, Settling, Step};
use crate::config::Secret;
use std::time::Duration;

/// The vendor's addresses: AlimTalk, text messages.
pub(super) const ADDRESSES: (&str, &str) = ("https://kakaoapi.aligo.in", "https://apis.aligo.in");

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

pub(super) struct Aligo;

impl Aligo {
    pub(super) fn new(api_key: &Secret, user_id: &Secret) -> Self {
        let _ = (api_key, user_id);
        Aligo
    }
}

impl Adapter for Aligo {
    fn begin(&self, order: Order) -> Box<dyn Dialogue> {
        let _ = order;
        Box::new(Aligo)
    }
}

impl Dialogue for Aligo {
    fn next(&mut self, _: Option<Heard>, _: &Moment) -> Step {
        Step::Done(None)
    }
}

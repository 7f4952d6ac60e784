//! Naver Cloud SENS: AlimTalk v2 and SMS v2.

use super::{Adapter, Capabilities, Dialogue, Heard, Limits, Moment, Order, Settling, Step};
use crate::config::Secret;
use std::time::Duration;

/// The vendor's address.
pub(super) const ADDRESS: &str = "https://sens.apigw.ntruss.com";

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

pub(super) struct Sens;

impl Sens {
    pub(super) fn new(
        access_key: &Secret,
        secret_key: &Secret,
        service_id: &str,
        text_service_id: Option<&str>,
    ) -> Self {
        let _ = (access_key, secret_key, service_id, text_service_id);
        Sens
    }
}

impl Adapter for Sens {
    fn begin(&self, order: Order) -> Box<dyn Dialogue> {
        let _ = order;
        Box::new(Sens)
    }
}

impl Dialogue for Sens {
    fn next(&mut self, _: Option<Heard>, _: &Moment) -> Step {
        Step::Done(None)
    }
}

//! NHN Cloud: KakaoTalk Bizmessage AlimTalk v2.3 and SMS v3.0.

use super::{Adapter, Capabilities, Dialogue, Heard, Limits, Moment, Order, Settling, Step};
use crate::config::Secret;
use std::time::Duration;

/// The vendor's addresses: AlimTalk, text messages.
pub(super) const ADDRESSES: (&str, &str) =
    ("https://kakaotalk-bizmessage.api.nhncloudservice.com", "https://sms.api.nhncloudservice.com");

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

pub(super) struct NhnCloud;

impl NhnCloud {
    pub(super) fn new(app_key: &Secret, secret_key: &Secret, text: &Option<(Secret, Secret)>) -> Self {
        let _ = (app_key, secret_key, text);
        NhnCloud
    }
}

impl Adapter for NhnCloud {
    fn begin(&self, order: Order) -> Box<dyn Dialogue> {
        let _ = order;
        Box::new(NhnCloud)
    }
}

impl Dialogue for NhnCloud {
    fn next(&mut self, _: Option<Heard>, _: &Moment) -> Step {
        Step::Done(None)
    }
}

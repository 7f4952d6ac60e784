//! Gateways: what a vendor's API can do and how it speaks. No IO.
//!
//! Invariants: an adapter only turns messages into requests and answers into [`crate::message::Outcome`]s; the engine reads its
//! [`Capabilities`] and never asks which vendor it is; the network carries its requests out and never reads them.

mod adapter;
mod aligo;
mod bizgo;
mod carrier;
mod errand;
mod exchange;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod kakao;
mod ledger;
mod listing;
mod nhncloud;
mod reference;
pub(crate) mod sandbox;
mod sending;
mod sens;
mod solapi;
#[cfg(any(test, fuzzing))]
mod testing;
mod wire;

pub(crate) use adapter::{Adapter, Dialogue, Order, Step};
pub(crate) use errand::{Errand, Inquiry, Job, News, Parcel, Report, Task, Word};
pub(crate) use exchange::{Answer, Body, Failure, Heard, Host, Method, Moment, Request};
pub(crate) use listing::{Listed, Listing, SenderMark, Standing};
pub(crate) use reference::{Mark, Reference, may_be_same};

use crate::config::{GatewaySettings, Vendor};
use crate::message::Channel;
use std::time::Duration;

/// The adapter of a vendor with this login.
pub(crate) fn adapter(vendor: &Vendor) -> Box<dyn Adapter> {
    match vendor {
        Vendor::NhnCloud { app_key, secret_key, text } => Box::new(nhncloud::NhnCloud::new(app_key, secret_key, text)),
        Vendor::Solapi { api_key, api_secret } => Box::new(solapi::Solapi::new(api_key, api_secret)),
        Vendor::Bizgo { api_key } => Box::new(bizgo::Bizgo::new(api_key)),
        Vendor::Sens { access_key, secret_key, service_id, text_service_id } => {
            Box::new(sens::Sens::new(access_key, secret_key, service_id, text_service_id.as_deref()))
        }
        Vendor::Aligo { api_key, user_id } => Box::new(aligo::Aligo::new(api_key, user_id)),
    }
}

/// A vendor's own addresses: the main one, and the one for text messages.
pub(crate) fn addresses(vendor: &Vendor) -> (&'static str, &'static str) {
    match vendor {
        Vendor::NhnCloud { .. } => nhncloud::ADDRESSES,
        Vendor::Solapi { .. } => (solapi::ADDRESS, solapi::ADDRESS),
        Vendor::Bizgo { .. } => (bizgo::ADDRESS, bizgo::ADDRESS),
        Vendor::Sens { .. } => (sens::ADDRESS, sens::ADDRESS),
        Vendor::Aligo { .. } => aligo::ADDRESSES,
    }
}

/// What the engine needs to know of a gateway.
#[derive(Clone, Debug)]
pub struct Capabilities {
    /// Most AlimTalks in one request.
    pub batch_max: usize,
    /// Most text messages in one request.
    pub text_batch_max: usize,
    /// How a message that was possibly sent is settled.
    pub settling: Settling,
    /// How long after a lost answer settling is meaningful.
    pub settle_after: Duration,
    /// How often an accepted message without a report is asked for one by one, at first; rarer as it grows older.
    pub check_every: Duration,
    /// Whether a message may have to be found by the gateway's name for it: its reports, or what is found by its content,
    /// may not have our reference.
    pub found_by_its_name: bool,
    /// How often the gateway is asked for all new reports. `None`: it cannot be.
    pub poll_every: Option<Duration>,
    /// The text channels to which it can fall back by itself.
    pub falls_back: &'static [Channel],
    /// How far ahead it takes reservations: least and most. `None`: it takes none, or is not to.
    pub reserves: Option<(Duration, Duration)>,
    /// Content limits.
    pub limits: Limits,
}

/// How it is found out what became of a message whose answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settling {
    /// By our own reference, which the gateway keeps with the message: certain.
    Reference,
    /// By the same request again, which the gateway knows to be the same for this long.
    Repeat(Duration),
    /// By recipient and content: certain as long as what is found belongs to no other message of ours.
    Content,
}

impl Capabilities {
    /// What the gateway of these settings can do.
    pub(crate) fn of(settings: &GatewaySettings) -> Capabilities {
        match settings {
            GatewaySettings::Sandbox(settings) => sandbox::capabilities(settings),
            GatewaySettings::Remote(settings) => {
                let usual = Capabilities::usual(&settings.vendor);
                // A request waits until the rate allows all of it.
                let rate = settings.messages_per_second.map_or(usize::MAX, |rate| rate as usize);
                Capabilities {
                    reserves: usual.reserves.filter(|_| settings.reserve),
                    batch_max: usual.batch_max.min(rate),
                    text_batch_max: usual.text_batch_max.min(rate),
                    // Who cannot be polled is asked about each message at that pace.
                    check_every: match (settings.check_every, usual.poll_every, settings.poll_every) {
                        (Some(asked), ..) | (None, None, Some(asked)) => asked,
                        _ => usual.check_every,
                    },
                    poll_every: usual.poll_every.map(|usual| settings.poll_every.unwrap_or(usual)),
                    settle_after: settings.settle_after.unwrap_or(usual.settle_after),
                    ..usual
                }
            }
        }
    }

    /// What a vendor can do where nothing else is configured.
    pub(crate) fn usual(vendor: &Vendor) -> Capabilities {
        match vendor {
            Vendor::NhnCloud { .. } => nhncloud::capabilities(),
            Vendor::Solapi { .. } => solapi::capabilities(),
            Vendor::Bizgo { .. } => bizgo::capabilities(),
            Vendor::Sens { .. } => sens::capabilities(),
            Vendor::Aligo { .. } => aligo::capabilities(),
        }
    }

    /// Most messages of a channel in one request.
    pub(crate) fn batch_max(&self, channel: Channel) -> usize {
        if channel == Channel::Alimtalk { self.batch_max } else { self.text_batch_max }
    }
}

/// Content limits of a gateway, in the unit of each name. Sources: `content-rules` 1 and 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// AlimTalk body.
    pub alimtalk_chars_max: usize,
    /// LMS and MMS subject.
    pub subject_bytes_max: usize,
    /// One MMS image.
    pub image_bytes_max: u64,
    /// Width and height of an MMS image, pixels.
    pub image_pixels_max: (u32, u32),
    /// One link of a button.
    pub link_chars_max: usize,
    /// Quick replies beside the buttons.
    pub quick_replies_max: usize,
    /// Header, highlight and item list.
    pub item_lists: bool,
    /// A web link needs its PC address too, an app link the schemes of both systems.
    pub every_link: bool,
}

impl Limits {
    /// What both take.
    pub(crate) fn and(&self, other: &Limits) -> Limits {
        let (width, height) = self.image_pixels_max;
        Limits {
            alimtalk_chars_max: self.alimtalk_chars_max.min(other.alimtalk_chars_max),
            subject_bytes_max: self.subject_bytes_max.min(other.subject_bytes_max),
            image_bytes_max: self.image_bytes_max.min(other.image_bytes_max),
            image_pixels_max: (width.min(other.image_pixels_max.0), height.min(other.image_pixels_max.1)),
            link_chars_max: self.link_chars_max.min(other.link_chars_max),
            quick_replies_max: self.quick_replies_max.min(other.quick_replies_max),
            item_lists: self.item_lists && other.item_lists,
            every_link: self.every_link || other.every_link,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            alimtalk_chars_max: 1_000,
            subject_bytes_max: 40,
            image_bytes_max: 300 * 1024,
            image_pixels_max: (1_500, 1_440),
            link_chars_max: 500,
            quick_replies_max: 10,
            item_lists: true,
            every_link: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The five cells of a row of the manual's table, without the label.
    fn row(manual: &str, label: &str) -> Vec<String> {
        let line = manual.lines().rfind(|line| line.starts_with(&format!("| {label} |"))).unwrap();
        line.split('|').skip(2).map(|cell| cell.trim().to_owned()).filter(|cell| !cell.is_empty()).collect()
    }

    #[test]
    fn the_manuals_say_what_each_gateway_can_do() {
        let gateways = [
            nhncloud::capabilities(),
            solapi::capabilities(),
            bizgo::capabilities(),
            sens::capabilities(),
            aligo::capabilities(),
        ];
        let says = |manual: &str, label: &str, fits: &dyn Fn(&str, &Capabilities) -> bool| {
            let cells = row(manual, label);
            assert_eq!(cells.len(), gateways.len(), "{label}");
            assert!(cells.iter().zip(&gateways).all(|(cell, can)| fits(cell, can)), "{label}: {cells:?}");
        };
        let number =
            |cell: &str| cell.chars().filter(char::is_ascii_digit).collect::<String>().parse::<usize>().unwrap();
        let is_no = |cell: &str| cell.starts_with("no") || cell == "불가";
        let texts = |can: &Capabilities| {
            let words: Vec<_> = can.falls_back.iter().map(|channel| channel.word().to_uppercase()).collect();
            words.join(", ")
        };
        let english = include_str!("../../docs/gateways.md");
        let korean = include_str!("../../docs/gateways.ko.md");
        for (manual, labels) in [
            (
                english,
                [
                    "AlimTalks in one request",
                    "text messages in one request",
                    "quick replies",
                    "item lists",
                    "`fallback.by: gateway`",
                    "`reserve`",
                ],
            ),
            (
                korean,
                [
                    "한 요청의 알림톡 수",
                    "한 요청의 문자 수",
                    "바로연결(quick replies)",
                    "아이템리스트",
                    "회사 쪽 대체발송",
                    "예약 넘기기(`reserve`)",
                ],
            ),
        ] {
            let [alimtalks, text_messages, quick_replies, item_lists, fallback, reserve] = labels;
            says(manual, alimtalks, &|cell, can| number(cell) == can.batch_max);
            says(manual, text_messages, &|cell, can| number(cell) == can.text_batch_max);
            says(manual, quick_replies, &|cell, can| is_no(cell) == (can.limits.quick_replies_max == 0));
            says(manual, item_lists, &|cell, can| is_no(cell) != can.limits.item_lists);
            says(manual, fallback, &|cell, can| cell == texts(can));
            says(manual, reserve, &|cell, can| is_no(cell) == can.reserves.is_none());
        }
    }
}

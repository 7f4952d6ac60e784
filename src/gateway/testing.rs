//! Errands and moments for the adapters' tests. Names are invented, numbers are the sandbox's.

use super::{Answer, Errand, Heard, Host, Moment, Parcel, Request, Step, Task};
use crate::config::{Registration, Secret};
use crate::message::{Alimtalk, Button, Channel, Highlight, Item, ItemList, Key, Payload, Recipient, Text, Variables};
use crate::time::Timestamp;
use std::sync::Arc;

/// 2026-12-01 09:00:00.123 in Korea.
pub(super) const NOW: Timestamp = Timestamp(1_796_083_200_123);

pub(super) fn moment() -> Moment {
    Moment { now: NOW, nonce: "0123456789abcdef0123456789abcdef".into() }
}

/// An AlimTalk with everything a template can have, and a text to fall back to.
pub(super) fn payload(number: usize) -> Payload {
    let text = |text: &str| text.to_owned();
    let item = |title: &str, description: &str| Item { title: text(title), description: text(description) };
    let alimtalk = Alimtalk {
        template_code: text("not-the-gateways"),
        image: false,
        variables: Variables::from([(text("이름"), format!("김하늘{number}")), (text("시각"), text("10:30"))]),
        text: format!("김하늘{number}님\n10:30 예약입니다."),
        title: text("10:30"),
        header: text("예약 안내"),
        highlight: Some(Highlight { title: text("내과"), description: text("박의사"), image_url: String::new() }),
        items: Some(ItemList {
            list: vec![item("날짜", "12월 1일"), item("시각", "10:30")],
            summary: Some(item("금액", "12,000원")),
        }),
        buttons: vec![
            Button {
                kind: text("WL"),
                name: text("예약 보기"),
                link_mobile: text("https://m.example.kr/r?a=1&b=2"),
                link_pc: text("https://example.kr/r"),
                target: text("out"),
                ..Button::default()
            },
            Button {
                kind: text("AL"),
                name: text("앱 열기"),
                link_android: text("app://r"),
                link_ios: text("iapp://r"),
                ..Button::default()
            },
        ],
        quick_replies: vec![Button { kind: text("BK"), name: text("확인"), ..Button::default() }],
    };
    let to = Recipient::from_digits(format!("010000{number:05}"));
    Payload { to, alimtalk: Some(alimtalk), text: Some(message(Channel::Lms)) }
}

/// A finished text message.
pub(super) fn message(channel: Channel) -> Text {
    let subject = if channel == Channel::Sms { String::new() } else { "예약 안내".to_owned() };
    Text { channel, from: "0212345678".into(), subject, body: "[가람의원] 10:30 예약".into(), images: Vec::new() }
}

/// `count` parcels with keys `K0`, `K1`, ...; each on its first try.
pub(super) fn errand(task: Task, channel: Channel, count: usize) -> Errand {
    let parcel = |number: usize| {
        let whole = payload(number);
        let payload = match channel {
            Channel::Alimtalk => whole,
            text => Payload { alimtalk: None, text: Some(message(text)), ..whole },
        };
        Parcel {
            id: i64::try_from(number).unwrap(),
            key: Key::parse(&format!("K{number}")).unwrap(),
            attempt: 1,
            left: Some(NOW),
            accepted: None,
            reference: String::new(),
            reserve_at: None,
            falls_back: false,
            payload: Arc::new(payload),
        }
    };
    Errand {
        task,
        gateway: "vendor".into(),
        account: "clinic".into(),
        template: "reminder".into(),
        channel,
        registration: Arc::new(Registration {
            sender_key: Secret::from("0123456789012345678901234567890123456789"),
            template_code: "TPL-1".into(),
        }),
        parcels: (0..count).map(parcel).collect(),
    }
}

/// An answer with a JSON body.
pub(super) fn answer(status: u16, body: &serde_json::Value) -> Option<Heard> {
    Some(Heard::Answer(Answer { status, retry_after: None, body: body.to_string().into_bytes() }))
}

/// The request of a step that must ask.
pub(super) fn asked(step: Step) -> Request {
    match step {
        Step::Ask(request) => request,
        Step::Done(news) => panic!("it is over: {news:?}"),
    }
}

/// The JSON body of a request.
pub(super) fn body(request: &Request) -> serde_json::Value {
    serde_json::from_slice(&request.body.as_ref().unwrap().bytes).unwrap()
}

/// `METHOD host target`.
pub(super) fn line(request: &Request) -> String {
    let host = if request.host == Host::Main { "main" } else { "text" };
    format!("{} {host} {}", request.method.word(), request.target)
}

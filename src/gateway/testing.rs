//! Errands and moments for the adapters' tests. Names are invented, numbers are the sandbox's.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failure here is a failed test")]
#![cfg_attr(fuzzing, allow(dead_code, reason = "the fuzzers use a part"))]

use super::{
    Adapter, Answer, Dialogue, Errand, Heard, Host, Inquiry, Moment, News, Order, Parcel, Request, Step, Task,
};
use crate::config::{Registration, Secret};
use crate::message::{
    Alimtalk, Button, Channel, Highlight, Image, Item, ItemList, Key, Outcome, Payload, Recipient, Text,
};
use crate::time::Timestamp;
#[cfg(test)]
use proptest::prelude::*;
use std::collections::BTreeSet;
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
        variables: [("이름", &*format!("김하늘{number}")), ("시각", "10:30")].into(),
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
            sender_number: "0212345678".into(),
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
        other => panic!("not one request: {other:?}"),
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

/// Plays a dialogue to its end with what `hear` says to each request; the requests, and the news.
pub(super) fn played(
    adapter: &dyn Adapter,
    order: Order,
    mut hear: impl FnMut(&Request) -> Heard,
) -> (Vec<Request>, Option<News>) {
    played_at(&mut *adapter.begin(order), &moment(), |request| hear(request))
}

/// The same with a dialogue, all of it at one moment.
pub(super) fn played_at(
    dialogue: &mut dyn Dialogue,
    moment: &Moment,
    mut hear: impl FnMut(&Request) -> Heard,
) -> (Vec<Request>, Option<News>) {
    let mut requests = Vec::new();
    let mut step = dialogue.next(None, moment);
    loop {
        assert!(requests.len() < 800, "it asks for ever");
        step = match step {
            Step::Done(news) => return (requests, news),
            Step::Ask(request) => {
                let heard = hear(&request);
                requests.push(request);
                dialogue.next(Some(heard), moment)
            }
            Step::AskAll(several) => {
                let heard = several.iter().map(&mut hear).collect();
                requests.extend(several);
                dialogue.after_all(heard, moment)
            }
        };
    }
}

/// The same where only the news counts; `hear` gets the number of the request too, from 0.
pub(super) fn play(
    adapter: &dyn Adapter,
    order: Order,
    mut hear: impl FnMut(&Request, usize) -> Option<Heard>,
) -> Option<News> {
    let mut number = 0;
    let hear = |request: &Request| {
        number += 1;
        hear(request, number - 1).unwrap()
    };
    played(adapter, order, hear).1
}

/// What news says of the parcels of an errand, in their order; `None`: it is among the unasked.
pub(super) fn said(errand: &Errand, news: Option<News>) -> Vec<Option<Outcome>> {
    assert_one_word_each(errand, &news);
    let words = match news {
        Some(News::Answered { words, .. } | News::Cancelled(words) | News::LookedUp { words, .. }) => words,
        _ => Vec::new(),
    };
    let of = |parcel: &Parcel| words.iter().find(|word| word.id == parcel.id).map(|word| word.outcome.clone());
    errand.parcels.iter().map(of).collect()
}

/// The same where all were asked about.
pub(super) fn outcomes(errand: &Errand, news: Option<News>) -> Vec<Outcome> {
    said(errand, news).into_iter().map(Option::unwrap).collect()
}

/// Gives the text message of a parcel images.
pub(super) fn with_images(parcel: &mut Parcel, images: &[&[u8]]) {
    let mut payload = (*parcel.payload).clone();
    if let Some(text) = &mut payload.text {
        text.images = images.iter().map(|bytes| Image::new(Arc::from(*bytes))).collect();
    }
    parcel.payload = Arc::new(payload);
}

/// Checks that news about an errand has exactly one word for each parcel, under its own channel and try.
pub(super) fn assert_one_word_each(errand: &Errand, news: &Option<News>) {
    let (words, unasked) = match (errand.task, news) {
        (Task::Send, Some(News::Answered { words, .. })) | (Task::Cancel, Some(News::Cancelled(words))) => {
            (words, Vec::new())
        }
        (Task::LookUp, Some(News::LookedUp { words, unasked })) => (words, unasked.clone()),
        (task, news) => panic!("{task:?} ended in {news:?}"),
    };
    assert!(words.iter().all(|word| (word.channel, word.attempt) == (errand.channel, 1)));
    let ids: BTreeSet<i64> = words.iter().map(|word| word.id).chain(unasked.iter().copied()).collect();
    assert_eq!(ids.len(), words.len() + unasked.len(), "two words about one");
    assert_eq!(ids, errand.parcels.iter().map(|parcel| parcel.id).collect());
}

/// Whatever may come back: no answer, any bytes, or JSON of any shape with these names and texts in it.
#[cfg(test)]
pub(super) fn anything(words: &'static [&'static str]) -> impl Strategy<Value = Heard> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i32>().prop_map(serde_json::Value::from),
        (0i32..5_000).prop_map(|code| serde_json::Value::from(code.to_string())),
        prop::sample::select(words).prop_map(serde_json::Value::from),
    ];
    let json = leaf.prop_recursive(6, 64, 8, move |inner| {
        let object = prop::collection::btree_map(prop::sample::select(words), inner.clone(), 0..8);
        prop_oneof![
            1 => prop::collection::vec(inner, 0..4).prop_map(serde_json::Value::from),
            3 => object.prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    });
    let status = prop_oneof![4 => Just(200u16), 1 => prop::sample::select(&[201u16, 202, 204, 400, 404, 401, 403, 429, 500, 503][..])];
    let body = prop_oneof![
        3 => json.prop_map(|json| json.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..64),
    ];
    let answered = (status, body).prop_map(|(status, body)| Heard::Answer(Answer { status, retry_after: None, body }));
    use super::Failure;
    let failed = prop::sample::select(&[Failure::NotSent, Failure::Waited, Failure::Lost][..]).prop_map(Heard::Failed);
    prop_oneof![8 => answered, 1 => failed]
}

/// An errand of any task and channel.
#[cfg(test)]
pub(super) fn any_errand(most: usize) -> impl Strategy<Value = Errand> {
    let tasks = prop::sample::select(&[Task::Send, Task::LookUp, Task::Cancel][..]);
    let fates = prop::collection::vec(0u8..64, 1..=most);
    (tasks, prop::sample::select(Channel::ALL), fates).prop_map(|(task, channel, fates)| fated(task, channel, &fates))
}

/// An errand whose parcels are, by the bits of their fates, lost, accepted, falling back, reserved or damaged.
pub(super) fn fated(task: Task, channel: Channel, fates: &[u8]) -> Errand {
    let mut errand = errand(task, channel, fates.len());
    for (parcel, fate) in errand.parcels.iter_mut().zip(fates) {
        if fate & 1 > 0 {
            let parts = if fate & 32 > 0 { "/1" } else { "" };
            parcel.reference = format!("REF{}{parts}", fate >> 4);
        }
        parcel.falls_back = fate & 2 > 0;
        parcel.reserve_at = (fate & 4 > 0).then_some(Timestamp(NOW.0 + 3_600_000));
        if fate & 8 > 0 {
            parcel.left = None;
        }
        if channel == Channel::Mms {
            with_images(parcel, &[b"one", b"two"]);
        }
        if fate >> 4 == 3 {
            parcel.payload = Arc::new(Payload { to: parcel.payload.to.clone(), alimtalk: None, text: None });
        }
    }
    errand
}

/// Plays any errand, poll and confirmation against any answers.
pub(super) fn survives(adapter: &dyn Adapter, errand: Errand, answers: &[Heard]) {
    let mut at = 0;
    let mut next = |_: &Request| {
        at += 1;
        answers[at % answers.len()].clone()
    };
    let (_, news) = played(adapter, Order::Errand(errand.clone()), &mut next);
    assert_one_word_each(&errand, &news);
    let mut cursor = String::new();
    for _ in 0..3 {
        let (_, news) = played(adapter, Order::Poll { cursor, since: NOW }, &mut next);
        let Some(News::Polled { cursor: on, .. }) = news else { panic!("a poll ended in {news:?}") };
        cursor = on;
    }
    let (sender_key, ours) = (errand.registration.sender_key.clone(), vec![Default::default(); 3]);
    let inquiry = Inquiry { gateway: "vendor".into(), sender_key, sender: [7; 16], ours };
    let (_, news) = played(adapter, Order::Templates(inquiry), &mut next);
    assert!(matches!(news, Some(News::Listed { .. })), "a list of templates ended in {news:?}");
    let (_, news) = played(adapter, Order::Confirm { receipt: "R-1".into() }, &mut next);
    assert!(news.is_none());
}

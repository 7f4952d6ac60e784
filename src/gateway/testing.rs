//! Errands and moments for the adapters' tests. Names are invented, numbers are the sandbox's.

use super::{Adapter, Answer, Errand, Failure, Heard, Host, Moment, News, Order, Parcel, Request, Step, Task, Word};
use crate::config::{Registration, Secret};
use crate::message::{
    Alimtalk, Button, Channel, Highlight, Image, Item, ItemList, Key, Outcome, Payload, Recipient, Text, Variables,
};
use crate::time::Timestamp;
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;

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

/// Plays a dialogue to its end; `answer` is asked with each request and its number from 0.
pub(super) fn play(
    adapter: &dyn Adapter,
    order: Order,
    mut answer: impl FnMut(&Request, usize) -> Option<Heard>,
) -> Option<News> {
    let mut dialogue = adapter.begin(order);
    let mut heard = None;
    for number in 0..5_000 {
        match dialogue.next(heard, &moment()) {
            Step::Ask(request) => heard = answer(&request, number),
            Step::Done(news) => return news,
        }
    }
    panic!("the dialogue asks for ever");
}

/// The words of news about an errand, in the order of the parcels; checks that each parcel has exactly one, or is among
/// the unasked of a look-up.
pub(super) fn words(errand: &Errand, news: Option<News>) -> Vec<Option<Word>> {
    let (words, unasked) = match news {
        Some(News::Answered { words, .. }) if errand.task == Task::Send => (words, Vec::new()),
        Some(News::Cancelled(words)) if errand.task == Task::Cancel => (words, Vec::new()),
        Some(News::LookedUp { words, unasked }) if errand.task == Task::LookUp => (words, unasked),
        other => panic!("not the news of this errand: {other:?}"),
    };
    assert_eq!(words.len() + unasked.len(), errand.parcels.len());
    let of = |parcel: &Parcel| {
        let mut of = words.iter().filter(|word| word.id == parcel.id);
        let word = of.next().cloned();
        assert!(of.next().is_none() && (word.is_some() != unasked.contains(&parcel.id)), "not one word: {parcel:?}");
        assert!(word.iter().all(|word| word.channel == errand.channel && word.attempt == parcel.attempt));
        word
    };
    errand.parcels.iter().map(of).collect()
}

/// The outcomes of news about an errand, each of which must be there.
pub(super) fn outcomes(errand: &Errand, news: Option<News>) -> Vec<Outcome> {
    words(errand, news).into_iter().map(|word| word.unwrap().outcome).collect()
}

/// Whatever can come back: nothing, any bytes, or JSON of the vendor's own names in any place.
pub(super) fn anything(names: &'static [&'static str]) -> impl Strategy<Value = Heard> {
    use serde_json::{Value, json};
    let number = prop_oneof![Just(0i64), Just(1), Just(2), Just(-1031), any::<i64>()];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number.clone().prop_map(Value::from),
        number.prop_map(|number| Value::from(number.to_string())),
        any::<f64>().prop_map(|number| json!(number)),
        proptest::sample::select(
            &["", "K0/1/1", "K1/1/1", "R1", "COMPLETED", "FAILED", "3019", "01000000000", "{"][..]
        )
        .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let json = leaf.prop_recursive(5, 64, 6, move |inner| {
        let name = proptest::sample::select(names).prop_map(str::to_owned);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map(name, inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    });
    let body = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..64),
        json.prop_map(|json| json.to_string().into_bytes()),
        Just(Vec::new()),
    ];
    let status = prop_oneof![Just(200u16), Just(202), Just(204), Just(404), Just(429), Just(500), 100u16..600];
    let answer = (status, body, any::<bool>()).prop_map(|(status, body, wait)| {
        Heard::Answer(Answer { status, retry_after: wait.then_some(Duration::from_secs(1)), body })
    });
    prop_oneof![8 => answer, 1 => Just(Heard::Failed(Failure::Lost)), 1 => Just(Heard::Failed(Failure::NotSent))]
}

/// Every order an adapter can get, with parcels of all kinds.
pub(super) fn orders() -> impl Strategy<Value = Order> {
    let task = proptest::sample::select(&[Task::Send, Task::LookUp, Task::Cancel][..]);
    let channel = proptest::sample::select(Channel::ALL);
    let references = proptest::sample::select(&["", "/", "R1/1", "R1/M1", "R2", "R/e?1/x", "R1/"][..]);
    let errand = (task, channel, 0usize..9, proptest::collection::vec(references, 9), any::<u8>());
    let errand = errand.prop_map(|(task, channel, count, references, bits)| {
        let mut errand = errand_of(task, channel, count);
        for (at, parcel) in errand.parcels.iter_mut().enumerate() {
            parcel.reference = references[at].to_owned();
            parcel.left = (bits & 1 == 0 || at % 2 == 0).then_some(NOW);
            parcel.falls_back = bits & 2 > 0;
            parcel.reserve_at = (bits & 4 > 0).then_some(Timestamp(NOW.0 + 60_000 * at as i64));
            if bits & 8 > 0 && at % 3 == 1 {
                let to = parcel.payload.to.clone();
                parcel.payload = Arc::new(Payload { to, alimtalk: None, text: None });
            }
        }
        Order::Errand(errand)
    });
    let cursor = prop_oneof![Just(String::new()), any::<String>(), Just("[]".to_owned())];
    let poll = (cursor, prop_oneof![Just(NOW.0), any::<i64>()]);
    prop_oneof![
        8 => errand,
        2 => poll.prop_map(|(cursor, since)| Order::Poll { cursor, since: Timestamp(since) }),
        1 => Just(()).prop_map(|()| Order::Confirm { receipt: "receipt".into() }),
    ]
}

fn errand_of(task: Task, channel: Channel, count: usize) -> Errand {
    let mut errand = errand(task, channel, count);
    if channel == Channel::Mms {
        errand.parcels.iter_mut().for_each(|parcel| with_images(parcel, &[b"one", b"two"]));
    }
    errand
}

/// Gives the text message of a parcel images.
pub(super) fn with_images(parcel: &mut Parcel, images: &[&[u8]]) {
    let mut payload = (*parcel.payload).clone();
    if let Some(text) = &mut payload.text {
        text.images = images.iter().map(|bytes| Image::new(Arc::from(*bytes))).collect();
    }
    parcel.payload = Arc::new(payload);
}

/// Plays an order with such answers and checks its news.
pub(super) fn survives(adapter: &dyn Adapter, order: Order, answers: &[Heard]) {
    let errand = match &order {
        Order::Errand(errand) => Some(errand.clone()),
        _ => None,
    };
    let is_poll = matches!(order, Order::Poll { .. });
    let news = play(adapter, order, |_, number| Some(answers[number % answers.len()].clone()));
    match (errand, news) {
        (Some(errand), news) => drop(words(&errand, news)),
        (None, Some(News::Polled { cursor, .. })) if is_poll => {
            let order = Order::Poll { cursor, since: NOW };
            let again = play(adapter, order, |_, number| Some(answers[number % answers.len()].clone()));
            assert!(matches!(again, Some(News::Polled { .. })));
        }
        (None, news) => assert!(news.is_none() && !is_poll),
    }
}

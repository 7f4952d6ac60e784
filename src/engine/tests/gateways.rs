//! Several gateways: each has its own lane, a rest when it is down, a standby, its reports; and a change of the
//! configuration.

use super::*;
use crate::gateway::{Mark, Reference, Report};
use serde_json::{Value, json};

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// Gateways `a` and `b` of real vendors; nothing is sent, for the bench has no network.
pub(super) fn config(folder: &std::path::Path, changes: Value) -> Settings {
    let mut config = json!({
        "outbox": {"path": folder.join("outbox.db"), "encryption": "none"},
        "gateways": {
            "a": {"type": "solapi", "api_key": "k", "api_secret": "s", "standby": "b"},
            "b": {"type": "solapi", "api_key": "k", "api_secret": "s"},
        },
        "accounts": {"clinic": {"sender_key": "k", "sender_number": "07000000001", "gateway": "a"}},
        "retry": {"max_attempts": 3, "initial_ms": 1, "max_ms": 60000, "request_timeout_ms": 10000},
        "report_timeout_seconds": 86400,
    });
    if let (Some(config), Value::Object(changes)) = (config.as_object_mut(), changes) {
        config.extend(changes);
    }
    Settings::parse(&config.to_string()).unwrap()
}

pub(super) fn bench(changes: Value) -> Bench {
    Bench::new(|settings| {
        let folder = settings.outbox.path.parent().unwrap().to_owned();
        *settings = config(&folder, changes);
    })
}

/// Without the standby, so that what waits for `a` waits.
pub(super) fn alone() -> Value {
    json!({"gateways": {
        "a": {"type": "solapi", "api_key": "k", "api_secret": "s"},
        "b": {"type": "solapi", "api_key": "k", "api_secret": "s"},
    }})
}

pub(super) fn to(gateway: &str, key: &str) -> Message {
    Message { gateway: gateway.into(), ..message(key) }
}

impl Bench {
    /// The gateways and keys of what was sent since the last time.
    pub(super) fn by_gateway(&mut self) -> Vec<(String, String)> {
        let keys = |errand: Errand| {
            let Errand { gateway, parcels, .. } = errand;
            parcels.into_iter().map(move |parcel| (gateway.clone(), parcel.key.as_str().to_owned()))
        };
        std::mem::take(&mut self.errands).into_iter().flat_map(keys).collect()
    }

    pub(super) fn answered(&mut self, gateway: &str, key: &str, class: Class, reason: Reason) {
        let words = vec![self.word(key, Outcome::new(class, reason))];
        self.step(vec![Event::Heard(News::Answered { gateway: gateway.into(), words })]);
    }

    /// Five requests in a row that find no connection.
    pub(super) fn shut(&mut self, gateway: &str) {
        for number in 0..5 {
            let key = format!("shut-{gateway}-{number}");
            self.keep(without_fallback_to(gateway, &key));
            self.answered(gateway, &key, Class::Transient, Reason::ConnectionFailed);
        }
        self.errands.clear();
    }

    pub(super) fn accepted(&mut self, gateway: &str, key: &str, reference: &str) {
        self.keep(to(gateway, key));
        let outcome = Outcome::new(Class::Ok, Reason::None).with_reference(reference);
        let words = vec![self.word(key, outcome)];
        self.step(vec![Event::Heard(News::Answered { gateway: gateway.into(), words })]);
        self.errands.clear();
    }

    pub(super) fn polled(&mut self, gateway: &str, reports: Vec<Report>, receipt: Option<&str>) -> Effects {
        let (cursor, receipt) = ("c".to_owned(), receipt.map(str::to_owned));
        let news = News::Polled { gateway: gateway.into(), reports, cursor, more: false, receipt };
        self.engine.step(vec![Event::Heard(news)], self.now, self.instant)
    }
}

pub(super) fn without_fallback_to(gateway: &str, key: &str) -> Message {
    Message { gateway: gateway.into(), ..without_fallback(key) }
}

pub(super) fn delivered(mark: Mark) -> Report {
    Report { mark, outcome: Outcome::new(Class::Ok, Reason::None) }
}

pub(super) fn ours(key: &str, attempt: i32) -> Mark {
    Mark::Ours(Reference { key: Key::parse(key).unwrap(), channel: Channel::Alimtalk, attempt })
}

#[test]
fn a_gateway_that_is_down_holds_up_its_own_messages_only_and_counts_no_try() {
    let mut bench = bench(alone());
    bench.shut("a");
    bench.keep(to("a", "waits"));
    bench.keep(to("b", "goes"));
    assert_eq!(bench.by_gateway(), [("b".into(), "goes".into())]);
    let waiting = bench.engine.outbox.find("waits").unwrap().unwrap();
    assert_eq!((waiting.tries, waiting.state), (0, State::Queued));
}

#[test]
fn what_had_no_turn_is_as_if_it_had_never_left() {
    let mut bench = bench(alone());
    bench.keep(without_fallback_to("a", "a"));
    bench.answered("a", "a", Class::Transient, Reason::Throttled);
    bench.pass(SECOND * 2).errands.clear();
    // As often as it is tried at most, and more.
    for _ in 0..5 {
        bench.answered("a", "a", Class::Unsent, Reason::None);
        assert_eq!(bench.sent(Task::Send), [("a".into(), Channel::Alimtalk, 2)], "the second try, at once");
    }
    let pulse = bench.engine.pulse.lock().of("a").clone();
    assert_eq!((pulse.failures_in_row, pulse.last_reason), (1, Some(Reason::Throttled)));
    let before = bench.engine.outbox.find("a").unwrap().unwrap();
    assert_eq!((before.attempts, before.reason), (2, Reason::Throttled));
    bench.now = START.after(Duration::from_secs(7_200));
    bench.answered("a", "a", Class::Unsent, Reason::None);
    assert_eq!(bench.result().unwrap().state, State::Expired);
}

#[test]
fn after_its_rest_one_message_goes_as_a_probe_and_the_others_when_it_is_answered() {
    let mut bench = bench(alone());
    bench.shut("a");
    // Behind those that shut it: the first of these is the probe.
    ["x", "y"].into_iter().for_each(|key| bench.keep(to("a", key)));
    assert_eq!(bench.pass(SECOND / 2).by_gateway(), []);
    let probe = bench.pass(SECOND).by_gateway();
    assert_eq!(probe.len(), 1);
    bench.answered("a", &probe[0].1, Class::Ok, Reason::None);
    assert_eq!(bench.by_gateway().len(), 6, "everything else that was waiting");
}

#[test]
fn the_engine_sleeps_until_the_rest_of_a_gateway_is_over() {
    let mut bench = bench(alone());
    bench.shut("a");
    let sleep = bench.engine.sleep(bench.now, bench.instant);
    assert!(sleep > Duration::ZERO && sleep <= SECOND, "{sleep:?}");
}

#[test]
fn the_standby_takes_over_what_is_certainly_not_sent_and_nothing_else() {
    let mut bench = bench(json!({}));
    bench.keep(to("a", "in-doubt"));
    bench.shut("a");
    bench.answered("a", "in-doubt", Class::Uncertain, Reason::AnswerLost);
    bench.errands.clear();
    bench.keep(to("a", "new"));
    let sent = bench.pass(SECOND / 2).by_gateway();
    assert!(sent.contains(&("b".into(), "new".into())), "{sent:?}");
    assert!(sent.iter().all(|(gateway, key)| gateway == "b" && key != "in-doubt"), "{sent:?}");
    assert_eq!(bench.engine.outbox.find("in-doubt").unwrap().unwrap().gateway, "a");
}

#[test]
fn what_a_gateway_asks_to_wait_is_waited_for_by_all_its_messages() {
    let mut bench = bench(alone());
    bench.keep(to("a", "first"));
    let mut throttled = Outcome::new(Class::Transient, Reason::Throttled);
    throttled.retry_after = Some(SECOND * 7);
    let words = vec![bench.word("first", throttled)];
    bench.step(vec![Event::Heard(News::Answered { gateway: "a".into(), words })]);
    bench.errands.clear();
    bench.keep(to("a", "second"));
    assert_eq!(bench.pass(SECOND * 6).by_gateway(), []);
    assert!(!bench.pass(SECOND * 2).by_gateway().is_empty());
}

#[test]
fn a_message_that_waits_too_long_for_a_gateway_expires_all_the_same() {
    let mut bench = bench(alone());
    bench.shut("a");
    bench.keep(Message { expires_at: START.after(SECOND / 2), ..to("a", "late") });
    bench.pass(SECOND);
    assert_eq!(bench.state("late"), (State::Expired, Certainty::NotSent));
}

#[test]
fn every_message_of_a_long_lane_that_waits_too_long_for_a_gateway_expires() {
    let mut bench = bench(alone());
    bench.shut("a");
    let late = |n: usize| n % 2_000 == 1_999;
    let message = |n: usize| {
        let most = if late(n) { SECOND / 2 } else { SECOND * 3_600 };
        Message { expires_at: START.after(most), ..to("a", &format!("message-{n}")) }
    };
    bench.submit((0..12_000).map(message).collect()).unwrap();
    for _ in 0..3 {
        bench.pass(SECOND * 5);
        for (probe, ..) in bench.sent(Task::Send) {
            bench.answered("a", &probe, Class::Transient, Reason::ConnectionFailed);
        }
    }
    for n in (0..12_000).filter(|n| late(*n)) {
        assert_eq!(bench.state(&format!("message-{n}")), (State::Expired, Certainty::NotSent), "{n}");
    }
}

#[test]
fn after_a_change_what_waits_goes_by_the_new_gateway_and_what_is_under_way_stays() {
    let mut bench = bench(alone());
    bench.keep(to("a", "under-way"));
    bench.shut("a");
    bench.keep(to("a", "waits"));
    let folder = bench.folder.path().to_owned();
    let only_b = json!({
        "gateways": {"b": {"type": "solapi", "api_key": "k", "api_secret": "s"}},
        "accounts": {"clinic": {"sender_key": "k", "sender_number": "07000000001", "gateway": "b"}},
    });
    let settings = Arc::new(config(&folder, only_b));
    bench.ask(|reply| Event::Reconfigure { settings, reply }).unwrap();
    // One turn moves it to its new lane, the next one sends it.
    let sent = bench.pass(SECOND).pass(SECOND).by_gateway();
    assert!(sent.contains(&("b".into(), "waits".into())), "{sent:?}");
    assert!(!sent.iter().any(|(_, key)| key == "under-way"), "{sent:?}");
    bench.answered("a", "under-way", Class::Ok, Reason::None);
    assert_eq!(bench.state("under-way").0, State::Accepted);
}

#[test]
fn a_draining_gateway_gives_its_waiting_messages_to_its_standby() {
    let mut bench = bench(alone());
    bench.shut("a");
    bench.keep(to("a", "waits"));
    let folder = bench.folder.path().to_owned();
    let draining = json!({"gateways": {
        "a": {"type": "solapi", "api_key": "k", "api_secret": "s", "draining": true, "standby": "b"},
        "b": {"type": "solapi", "api_key": "k", "api_secret": "s"},
    }});
    let settings = Arc::new(config(&folder, draining));
    bench.ask(|reply| Event::Reconfigure { settings, reply }).unwrap();
    assert!(bench.pass(SECOND).pass(SECOND).by_gateway().contains(&("b".into(), "waits".into())));
}

#[test]
fn the_gateway_that_was_given_the_fallback_is_not_helped_by_ours() {
    let by_gateway = json!({"fallback": {"by": "gateway"}});
    for (moment, ours_goes) in [("answer", true), ("report", false)] {
        let mut bench = bench(by_gateway.clone());
        bench.keep(to("b", "x"));
        assert!(bench.errands[0].parcels[0].falls_back);
        bench.errands.clear();
        match moment {
            "answer" => bench.answered("b", "x", Class::Fallback, Reason::NotKakaoUser),
            _ => {
                bench.answered("b", "x", Class::Ok, Reason::None);
                bench.polled(
                    "b",
                    vec![Report { mark: ours("x", 1), outcome: Outcome::new(Class::Fallback, Reason::NotKakaoUser) }],
                    None,
                );
            }
        }
        let text = bench.sent(Task::Send).iter().any(|(_, channel, _)| *channel == Channel::Sms);
        assert_eq!(text, ours_goes, "{moment}");
    }
}

#[test]
fn what_the_gateway_delivered_by_its_own_text_is_told_as_that() {
    let mut bench = bench(json!({"fallback": {"by": "gateway"}}));
    bench.accepted("b", "x", "vendor-1");
    let outcome = Outcome { by_fallback: true, ..Outcome::new(Class::Ok, Reason::None) };
    bench.polled("b", vec![Report { mark: ours("x", 1), outcome }], None);
    let result = bench.result().unwrap();
    assert_eq!((result.state, result.channel), (State::Delivered, Channel::Sms));
    assert!(result.text.contains("after the AlimTalk"), "{}", result.text);
}

#[test]
fn what_the_gateway_delivered_by_its_own_text_is_told_as_that_also_when_it_is_late() {
    let by_text = || Outcome { by_fallback: true, ..Outcome::new(Class::Ok, Reason::None) };
    // The message waits for its next try, or for the text message that we send: either way the gateway's has arrived.
    for (class, by) in [(Class::Transient, "gateway"), (Class::Fallback, "gateway"), (Class::Fallback, "engine")] {
        let mut bench = bench(json!({"fallback": {"by": by}}));
        bench.keep(to("b", "x"));
        bench.errands.clear();
        bench.answered("b", "x", class, Reason::Other);
        bench.answered("b", "x", Class::Transient, Reason::GatewayError);
        bench.polled("b", vec![Report { mark: ours("x", 1), outcome: by_text() }], None);
        let result = bench.result().unwrap();
        assert_eq!((result.state, result.channel), (State::Delivered, Channel::Sms), "{class:?} {by}");
    }
}

#[test]
fn an_alimtalk_that_has_arrived_after_all_is_not_said_to_have_failed() {
    let mut bench = bench(alone());
    bench.accepted("b", "x", "vendor-1");
    let failed = Outcome::new(Class::Fallback, Reason::NotKakaoUser);
    bench.polled("b", vec![Report { mark: ours("x", 1), outcome: failed }], None);
    bench.answered("b", "x", Class::Transient, Reason::GatewayError);
    bench.polled("b", vec![delivered(ours("x", 1))], None);
    let result = bench.result().unwrap();
    assert_eq!((result.state, result.channel), (State::Delivered, Channel::Alimtalk));
    assert!(!result.text.contains("not delivered"), "{}", result.text);
}

#[test]
fn what_the_gateway_never_got_falls_back_by_us_although_the_gateway_was_to_do_it() {
    let mut bench = bench(json!({"fallback": {"by": "gateway"}, "retry": {"max_attempts": 1}}));
    bench.keep(to("b", "x"));
    bench.errands.clear();
    bench.answered("b", "x", Class::Uncertain, Reason::AnswerLost);
    let words = vec![bench.word("x", Outcome::new(Class::Absent, Reason::ConnectionFailed))];
    bench.step(vec![Event::Heard(News::LookedUp { words, unasked: Vec::new() })]);
    assert_eq!(bench.sent(Task::Send), [("x".into(), Channel::Sms, 1)]);
}

#[test]
fn the_fallback_goes_by_the_gateway_that_is_named_for_it() {
    let mut bench = bench(json!({"fallback": {"gateway": "b"}}));
    bench.keep(to("a", "x"));
    bench.errands.clear();
    bench.answered("a", "x", Class::Fallback, Reason::NotKakaoUser);
    assert_eq!(bench.by_gateway(), [("b".into(), "x".into())]);
}

#[test]
fn a_message_has_the_buttons_of_the_gateway_it_leaves_for_also_after_it_moved() {
    let link = |host: &str| json!([{"type": "WL", "name": "확인", "link_mobile": format!("https://{host}/#{{번호}}")}]);
    let template =
        json!({"text": "예약", "buttons": link("a.example"), "gateways": {"b": {"buttons": link("b.example")}}});
    let mut bench = bench(json!({"templates": {"visit": template}}));
    let mut kept = to("a", "moves");
    kept.payload_mut().alimtalk.as_mut().unwrap().variables = [("번호", "7")].into();
    kept.payload_mut().alimtalk.as_mut().unwrap().buttons =
        vec![crate::message::Button { link_mobile: "https://a.example/7".into(), ..Default::default() }];
    bench.keep(kept);
    let links = |bench: &mut Bench| -> Vec<String> {
        let parcels = std::mem::take(&mut bench.errands).into_iter().flat_map(|errand| errand.parcels);
        let ours = parcels.filter(|parcel| parcel.key.as_str() == "moves");
        ours.map(|parcel| parcel.payload.alimtalk.as_ref().unwrap().buttons[0].link_mobile.clone()).collect()
    };
    assert_eq!(links(&mut bench), ["https://a.example/7"]);
    bench.shut("a");
    bench.answered("a", "moves", Class::Transient, Reason::ConnectionFailed);
    bench.pass(SECOND / 2);
    assert_eq!(links(&mut bench), ["https://b.example/7"], "by the standby");
}

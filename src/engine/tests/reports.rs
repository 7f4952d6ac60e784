//! Reports and look-ups: which message they speak of, however they name it and whenever they come.

use super::gateways::{SECOND, alone, bench, config, delivered, ours, to, without_fallback_to};
use super::*;
use crate::gateway::{Mark, Report};
use serde_json::{Value, json};

/// `a` reports messages by its own names for them, `b` by ours.
fn named_by_a() -> Value {
    json!({"gateways": {
        "a": {"type": "bizgo", "api_key": "k"},
        "b": {"type": "solapi", "api_key": "k", "api_secret": "s"},
    }})
}

#[test]
fn a_report_finds_its_message_by_either_name_also_after_a_restart() {
    for restart in [false, true] {
        let mut bench = bench(named_by_a());
        bench.accepted("a", "x", "vendor-1");
        bench.accepted("a", "y", "vendor-2");
        bench.accepted("b", "z", "vendor-3");
        if restart {
            bench = bench.restart();
        }
        bench.polled("a", vec![delivered(Mark::Theirs("vendor-1".into())), delivered(ours("y", 1))], None);
        bench.polled("b", vec![delivered(ours("z", 1))], None);
        assert_eq!(["x", "y", "z"].map(|key| bench.state(key).0), [State::Delivered; 3], "restart: {restart}");
    }
}

#[test]
fn a_gateway_that_is_another_from_now_on_is_looked_for_by_its_names() {
    let mut bench = bench(named_by_a());
    let folder = bench.settings.outbox.path.parent().unwrap().to_owned();
    let both = json!({"gateways": {"a": {"type": "bizgo", "api_key": "k"}, "b": {"type": "bizgo", "api_key": "k"}}});
    let settings = Arc::new(config(&folder, both));
    bench.ask(|reply| Event::Reconfigure { settings, reply }).unwrap();
    bench.accepted("b", "z", "vendor-3");
    bench.polled("b", vec![delivered(Mark::Theirs("vendor-3".into()))], None);
    assert_eq!(bench.state("z").0, State::Delivered);
}

#[test]
fn a_report_faster_than_the_answer_that_names_its_message_is_not_lost() {
    let mut bench = bench(alone());
    bench.polled("a", vec![delivered(Mark::Theirs("vendor-1".into()))], None);
    bench.accepted("b", "other", "vendor-1");
    assert_eq!(bench.state("other").0, State::Accepted, "it was another gateway's report");
    bench.accepted("a", "x", "vendor-1");
    assert_eq!(bench.state("x").0, State::Delivered);
    // So it is where the answer to the send was lost and a look-up has found the name.
    bench.keep(to("a", "y"));
    bench.answered("a", "y", Class::Uncertain, Reason::AnswerLost);
    bench.polled("a", vec![delivered(Mark::Theirs("vendor-2".into()))], None);
    assert_eq!(bench.state("y").0, State::Sending);
    let found = bench.word("y", Outcome::new(Class::Pending, Reason::None).with_reference("vendor-2"));
    bench.step(vec![Event::Heard(News::LookedUp { words: vec![found], unasked: Vec::new() })]);
    assert_eq!(bench.state("y").0, State::Delivered);
}

#[test]
fn a_report_of_another_gateway_or_about_nothing_of_ours_changes_nothing() {
    let mut bench = bench(alone());
    bench.accepted("a", "x", "vendor-1");
    let strangers = ["vendor-1", "", "vendor-9"].map(|name| delivered(Mark::Theirs(name.into())));
    bench.polled("b", strangers.to_vec(), None);
    bench.polled("a", vec![delivered(ours("nobody", 1))], None);
    assert_eq!(bench.state("x").0, State::Accepted);
}

#[test]
fn a_failure_reported_of_an_earlier_try_says_nothing_about_the_present_one() {
    let mut bench = bench(alone());
    bench.keep(to("a", "x"));
    bench.answered("a", "x", Class::Transient, Reason::GatewayError);
    bench.pass(SECOND);
    let failed = Outcome::new(Class::Permanent, Reason::InvalidRecipient);
    bench.polled("a", vec![Report { mark: ours("x", 1), outcome: failed }], None);
    assert_eq!(bench.state("x").0, State::Sending);
    bench.polled("a", vec![delivered(ours("x", 1))], None);
    assert_eq!(bench.state("x").0, State::Delivered, "it has arrived, by whichever try");
}

#[test]
fn texts_that_stand_in_for_alimtalks_share_a_request() {
    let mut bench = bench(alone());
    for key in ["x", "y"] {
        bench.keep(to("a", key));
    }
    bench.errands.clear();
    let words = ["x", "y"].map(|key| bench.word(key, Outcome::new(Class::Fallback, Reason::NotKakaoUser)));
    bench.step(vec![Event::Heard(News::Answered { gateway: "a".into(), words: words.into() })]);
    let left = bench.errands.iter().map(|errand| (errand.channel, errand.parcels.len()));
    assert_eq!(left.collect::<Vec<_>>(), [(Channel::Sms, 2)]);
}

#[test]
fn texts_that_are_looked_up_by_their_content_share_one_look_up_though_each_left_alone() {
    let mut bench = bench(json!({"gateways": {"a": {"type": "aligo", "api_key": "k", "user_id": "u"}}}));
    for key in ["x", "y", "z"] {
        bench.keep(Message { channel: Channel::Sms, ..without_fallback_to("a", key) });
    }
    assert_eq!(bench.errands.drain(..).map(|errand| errand.parcels.len()).collect::<Vec<_>>(), [1, 1, 1]);
    for key in ["x", "y", "z"] {
        bench.answered("a", key, Class::Uncertain, Reason::AnswerLost);
    }
    bench.pass(SECOND * 60);
    let asked = bench.errands.iter().filter(|errand| errand.task == Task::LookUp);
    assert_eq!(asked.map(|errand| errand.parcels.len()).collect::<Vec<_>>(), [3]);
}

#[test]
fn what_a_gateway_handed_out_is_confirmed_after_the_commit_that_keeps_it() {
    let mut bench = bench(alone());
    bench.accepted("a", "x", "vendor-1");
    let effects = bench.polled("a", vec![delivered(ours("x", 1))], Some("batch-7"));
    let confirmed = effects.jobs.iter().any(|job| matches!(job, Job::Confirm { receipt, .. } if receipt == "batch-7"));
    assert!(confirmed);
}

#[test]
fn a_gateway_is_polled_once_at_a_time_and_only_while_something_is_awaited() {
    let mut bench = bench(alone());
    let polls = |effects: &Effects| effects.jobs.iter().filter(|job| matches!(job, Job::Poll { .. })).count();
    let step = |bench: &mut Bench| {
        bench.now = bench.now.after(SECOND * 120);
        bench.engine.step(Vec::new(), bench.now, bench.instant)
    };
    assert_eq!(polls(&step(&mut bench)), 0, "nothing is awaited");
    bench.accepted("a", "x", "vendor-1");
    // The bench has taken the jobs of those steps: a poll of each gateway is under way since.
    assert_eq!(polls(&step(&mut bench)), 0);
    bench.polled("a", Vec::new(), None);
    assert_eq!(polls(&step(&mut bench)), 1, "the other one is still under way");
    bench.polled("a", vec![delivered(ours("x", 1))], None);
    bench.polled("b", Vec::new(), None);
    bench.engine.sleep(bench.now, bench.instant);
    assert_eq!(polls(&step(&mut bench)), 0, "nothing is awaited any more");
}

#[test]
fn what_is_found_by_content_and_belongs_to_another_message_settles_nothing() {
    let sens = json!({"gateways": {
        "a": {"type": "sens", "access_key": "k", "secret_key": "s", "service_id": "i"},
    }});
    let mut bench = bench(sens);
    bench.accepted("a", "first", "vendor-1");
    bench.now = bench.now.after(SECOND);
    bench.keep(without_fallback_to("a", "twin"));
    bench.answered("a", "twin", Class::Uncertain, Reason::AnswerLost);
    bench.pass(SECOND * 60);
    let found = |reference| Outcome::new(Class::Pending, Reason::None).with_reference(reference);
    let words = vec![bench.word("twin", found("vendor-1"))];
    bench.step(vec![Event::Heard(News::LookedUp { words, unasked: Vec::new() })]);
    assert_eq!(bench.state("twin"), (State::Unknown, Certainty::PossiblySent));
}

#[test]
fn a_report_of_a_message_that_a_look_up_or_the_time_has_ended_changes_nothing() {
    let mut bench = Bench::new(|_| {});
    for key in ["found", "overdue"] {
        bench.keep(message(key));
        bench.answer(key, Class::Ok, Reason::None);
    }
    bench.pass(Duration::from_secs(2)).look_up("found", Class::Ok, Reason::None).pass(Duration::from_secs(3_600));
    let ended: Vec<State> = std::iter::from_fn(|| bench.result()).map(|result| result.state).collect();
    assert_eq!(ended, [State::Delivered, State::Unknown]);
    for key in ["found", "overdue"] {
        bench.report(key, Class::Permanent, Reason::ContentRefused);
    }
    assert!(bench.result().is_none(), "one final result per key");
    assert_eq!(["found", "overdue"].map(|key| bench.state(key).0), [State::Delivered, State::Unknown]);
}

#[test]
fn a_look_up_or_report_of_an_earlier_try_says_nothing_of_the_one_under_way() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    bench.answer("a", Class::Uncertain, Reason::AnswerLost);
    let late = |class| vec![Word { outcome: Outcome::new(class, Reason::None), ..bench.word("a", lost()) }];
    let (looked_up, reported) = (late(Class::Absent), late(Class::Transient));
    bench.look_up("a", Class::Absent, Reason::ConnectionFailed).pass(Duration::from_secs(2));
    assert_eq!(bench.sent(Task::Send).len(), 2);
    bench.answer("a", Class::Uncertain, Reason::AnswerLost);
    bench.step(vec![Event::Heard(News::LookedUp { words: looked_up, unasked: Vec::new() })]);
    bench.step(vec![Event::Heard(News::Reported(reported))]);
    assert_eq!(bench.pass(Duration::from_secs(60)).sent(Task::Send), [], "the second try may have arrived");
}

#[test]
fn a_late_look_up_that_finds_the_message_delivered_keeps_it_from_leaving_again() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    bench.sent(Task::Send);
    bench.answer("a", Class::Uncertain, Reason::AnswerLost);
    bench.look_up("a", Class::Absent, Reason::ConnectionFailed);
    assert!(bench.engine.outbox.find("a").unwrap().unwrap().phase.is_lane());
    bench.look_up("a", Class::Ok, Reason::None);
    assert_eq!(bench.result().unwrap().state, State::Delivered);
    assert_eq!(bench.pass(MINUTE).sent(Task::Send), []);
}

#[test]
fn the_name_of_an_earlier_try_is_not_that_of_the_one_under_way() {
    let mut bench = bench(named_by_a());
    bench.accepted("a", "x", "vendor-1");
    let failed = Outcome::new(Class::Transient, Reason::GatewayError).with_reference("vendor-1");
    let report = || Report { mark: Mark::Theirs("vendor-1".into()), outcome: failed.clone() };
    bench.polled("a", vec![report()], None);
    bench.pass(SECOND);
    assert_eq!(bench.sent(Task::Send), [("x".into(), Channel::Alimtalk, 2)]);
    bench.polled("a", vec![report()], None);
    assert_eq!(bench.pass(SECOND).sent(Task::Send), [], "the second try may arrive");
    bench.answered("a", "x", Class::Uncertain, Reason::AnswerLost);
    bench.pass(MINUTE);
    let asked = std::mem::take(&mut bench.errands);
    let names: Vec<&str> = asked.iter().flat_map(|errand| &errand.parcels).map(|parcel| &*parcel.reference).collect();
    assert_eq!(names, [""], "a question by the name of the first try");
}

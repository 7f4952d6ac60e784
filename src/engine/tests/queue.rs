//! What the queue promises beyond sending: cancelling, bounds, lanes, results, retention, flush and stop.

use super::*;
use crate::config::Encryption;
use crate::engine::IN_FLIGHT_MAX;
use crate::outbox::Opened;

#[test]
fn only_what_has_not_left_can_be_cancelled() {
    let mut bench = Bench::new(|_| {});
    let mut reserved = message("later");
    reserved.send_at = START.after(Duration::from_secs(60));
    bench.keep(reserved);
    bench.keep(message("gone"));
    assert_eq!(bench.cancel("gone").unwrap_err().code(), Code::TooLate);
    assert_eq!(bench.cancel("never").unwrap_err().code(), Code::NotFound);
    bench.cancel("later").unwrap();
    let result = bench.result().unwrap();
    assert_eq!((result.state, result.reason), (State::Cancelled, Reason::CancelledByCaller));
    assert_eq!(bench.cancel("later").unwrap_err().code(), Code::TooLate);
    bench.sent(Task::Send);
    assert_eq!(bench.pass(Duration::from_secs(60)).sent(Task::Send), []);
}

#[test]
fn an_urgent_message_overtakes_a_backlog_of_bulk() {
    let mut bench = Bench::new(|_| {});
    let bulk = |n: usize| Message { priority: Priority::Bulk, ..message(&format!("bulk-{n}")) };
    bench.submit((0..5_000).map(bulk).collect()).unwrap();
    let full = bench.sent(Task::Send).len();
    assert_eq!(full, IN_FLIGHT_MAX / 10 * 7, "bulk leaves room for the better lanes");
    bench.keep(Message { priority: Priority::Urgent, ..message("urgent") });
    assert_eq!(bench.sent(Task::Send), [("urgent".into(), Channel::Alimtalk, 1)]);
}

#[test]
fn what_is_in_flight_never_exceeds_its_bound() {
    let mut bench = Bench::new(|_| {});
    for group in 0..3 {
        let urgent = |n: usize| Message { priority: Priority::Urgent, ..message(&format!("{group}-{n}")) };
        bench.submit((0..3_000).map(urgent).collect()).unwrap();
    }
    assert_eq!(bench.sent(Task::Send).len(), IN_FLIGHT_MAX);
    assert!(bench.engine.sleep(bench.now, bench.instant) > Duration::ZERO, "a full engine does not spin");
}

#[test]
fn over_a_bound_a_message_is_refused_with_the_key_that_names_it() {
    let mut bench = Bench::new(|s| s.outbox.max_messages = 2);
    let verdicts = bench.submit(vec![message("a"), message("bb"), message("ccc"), message("a")]).unwrap();
    assert_eq!(verdicts[..2], [Verdict::Kept, Verdict::Kept]);
    assert!(matches!(&verdicts[2], Verdict::Refused(e) if e.code() == Code::OutboxFull));
    assert_eq!(verdicts[3], Verdict::Duplicate, "a full outbox still knows its own messages");

    let mut bench = Bench::new(|s| s.max_per_minute = Some(1));
    let verdicts = bench.submit(vec![message("a"), message("bb")]).unwrap();
    assert!(matches!(&verdicts[1], Verdict::Refused(e) if e.code() == Code::RateLimited));
    bench.now = bench.now.after(Duration::from_secs(60));
    bench.keep(message("bb"));

    let mut bench = Bench::new(|s| s.outbox.max_megabytes = 0);
    let verdicts = bench.submit(vec![message("a")]).unwrap();
    assert!(matches!(&verdicts[0], Verdict::Refused(e) if e.text().contains("outbox.max_megabytes")));
}

#[test]
fn a_result_stays_until_it_is_acknowledged_also_after_a_restart() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    bench.keep(message("bb"));
    for key in ["a", "bb"] {
        bench.answer(key, Class::Ok, Reason::None).report(key, Class::Ok, Reason::None);
    }
    assert_eq!(bench.result().unwrap().key, "a");
    let mut bench = bench.restart();
    bench.step(Vec::new());
    assert_eq!([bench.result().unwrap().key, bench.result().unwrap().key], ["a", "bb"]);
    let id = bench.results.acknowledged(&Key::parse("a").unwrap()).unwrap();
    bench.step(vec![Event::Acknowledge(id)]);
    let mut bench = bench.restart();
    bench.step(Vec::new());
    assert_eq!(bench.result().unwrap().key, "bb");
    assert!(bench.result().is_none());
}

#[test]
fn a_result_is_acknowledged_by_its_key_too_and_an_open_message_is_not() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    let acknowledge = |bench: &mut Bench, key: &str| {
        let key = Key::parse(key).unwrap();
        bench.ask(|reply| Event::AcknowledgeKey { key, reply })
    };
    assert_eq!(acknowledge(&mut bench, "a").unwrap_err().code(), Code::Unfinished);
    assert_eq!(acknowledge(&mut bench, "zz").unwrap_err().code(), Code::NotFound);
    bench.answer("a", Class::Permanent, Reason::ContentRefused);
    acknowledge(&mut bench, "a").unwrap();
    acknowledge(&mut bench, "a").unwrap();
}

#[test]
fn more_results_than_memory_holds_reach_the_caller_in_order_and_complete() {
    let mut bench = Bench::new(|s| s.outbox.max_messages = 20_000);
    let keys: Vec<String> = (0..9_000).map(|n| format!("{n:05}")).collect();
    for group in keys.chunks(3_000) {
        bench.submit(group.iter().map(|key| message(key)).collect()).unwrap();
        let words = group.iter().map(|key| bench.word(key, Outcome::new(Class::Permanent, Reason::Spam))).collect();
        bench.step(vec![Event::Heard(News::Answered { gateway: "sandbox".into(), words })]);
    }
    let mut seen = Vec::new();
    loop {
        let waited = bench.results.take(Instant::now()).unwrap();
        if waited.refill {
            bench.step(vec![Event::Refill]);
        }
        match waited.result {
            Some(result) => seen.push(result.key),
            None => break,
        }
    }
    assert_eq!(seen, keys);
}

#[test]
fn content_is_erased_and_keys_are_forgotten_after_their_days() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    bench.answer("a", Class::Permanent, Reason::Spam);
    bench.result().unwrap();
    let id = bench.results.acknowledged(&Key::parse("a").unwrap()).unwrap();
    bench.step(vec![Event::Acknowledge(id)]);
    let day = Duration::from_secs(86_400);
    bench.pass(day * 6);
    let entry = bench.engine.outbox.load(id).unwrap().unwrap();
    assert!(matches!(bench.engine.outbox.payload(&entry).unwrap(), Opened::Whole(_)));
    bench.pass(day);
    assert_eq!(bench.engine.outbox.payload(&entry).unwrap(), Opened::Damaged, "erased after retention.content_days");
    assert_eq!(bench.submit(vec![message("a")]).unwrap(), [Verdict::Duplicate], "the key is still known");
    bench.pass(day * 82);
    assert!(bench.engine.outbox.find("a").unwrap().is_some());
    bench.pass(day * 2);
    assert!(bench.engine.outbox.find("a").unwrap().is_none(), "forgotten after retention.key_days");
}

#[test]
fn nothing_is_due_means_no_wake_up() {
    let mut bench = Bench::new(|_| {});
    bench.step(Vec::new());
    assert!(bench.engine.sleep(bench.now, bench.instant) > Duration::from_secs(86_400 * 365));
    bench.keep(message("a"));
    bench.answer("a", Class::Permanent, Reason::Spam);
    assert!(bench.engine.sleep(bench.now, bench.instant) > Duration::from_secs(86_400 * 365));
}

#[test]
fn a_flush_is_answered_when_nothing_is_due_or_in_flight() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    let (reply, answer) = ask();
    let deadline = bench.instant + Duration::from_secs(60);
    bench.step(vec![Event::Flush { reply, deadline }]);
    assert!(answer.now().is_none());
    bench.answer("a", Class::Ok, Reason::None);
    assert_eq!(answer.now(), Some(Ok(())));
}

#[test]
fn a_stop_waits_for_what_is_in_flight_but_not_beyond_its_deadline() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    let deadline = bench.instant + Duration::from_secs(5);
    assert!(!bench.step(vec![Event::Stop { deadline }]).stopped);
    bench.instant = deadline;
    assert!(bench.step(Vec::new()).stopped);
    assert!(bench.engine.close(), "a message remains");

    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    bench.step(vec![Event::Stop { deadline }]);
    let words = vec![bench.word("a", Outcome::new(Class::Permanent, Reason::Spam))];
    assert!(bench.step(vec![Event::Heard(News::Answered { gateway: "sandbox".into(), words })]).stopped);
    assert!(!bench.engine.close(), "nothing remains");
}

#[test]
fn a_clock_that_is_set_back_does_not_stop_retries() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    bench.sent(Task::Send);
    bench.answer("a", Class::Transient, Reason::GatewayError);
    bench.now = Timestamp(bench.now.0 - 86_400_000);
    bench.step(Vec::new());
    assert_eq!(bench.pass(Duration::from_secs(5)).sent(Task::Send).len(), 1);
}

#[test]
fn a_clock_that_is_set_back_just_before_the_engine_goes_to_sleep_does_not_make_it_sleep_as_long_as_that() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    bench.sent(Task::Send);
    bench.answer("a", Class::Transient, Reason::GatewayError);
    bench.now = Timestamp(bench.now.0 - 86_400_000);
    assert_eq!(bench.engine.sleep(bench.now, bench.instant), Duration::ZERO);
    bench.step(Vec::new());
    let sleep = bench.engine.sleep(bench.now, bench.instant);
    assert!(sleep > Duration::ZERO && sleep < Duration::from_secs(5), "{sleep:?}");
}

#[test]
fn while_a_message_waits_for_its_time_a_clock_that_is_set_forward_is_noticed_within_a_minute() {
    let mut bench = Bench::new(|_| {});
    let morning = bench.now.after(Duration::from_secs(12 * 3_600));
    bench.keep(Message { send_at: morning, expires_at: morning.after(Duration::from_secs(3_600)), ..message("a") });
    assert_eq!(bench.engine.sleep(bench.now, bench.instant), Duration::from_secs(60));
    // As after a night in which the host was suspended.
    bench.instant += Duration::from_secs(60);
    bench.now = morning;
    bench.step(Vec::new());
    assert_eq!(bench.sent(Task::Send).len(), 1);
}

#[test]
fn a_second_client_is_told_who_holds_the_outbox() {
    let bench = Bench::new(|_| {});
    let error = Role::exclusive(&bench.settings.outbox.path, &Encryption::default()).err().unwrap();
    assert_eq!(error.code(), Code::OutboxLocked);
    assert!(error.text().contains(&format!("process {}", std::process::id())), "{error}");
}

#[test]
fn a_result_that_is_let_go_by_its_key_before_it_is_polled_is_not_handed_out() {
    let mut bench = Bench::new(|_| {});
    for key in ["a", "b"] {
        bench.keep(message(key));
        bench.answer(key, Class::Permanent, Reason::Spam);
    }
    let key = Key::parse("a").unwrap();
    bench.ask(|reply| Event::AcknowledgeKey { key, reply }).unwrap();
    assert_eq!(bench.result().unwrap().key, "b");
    assert!(bench.result().is_none());
}

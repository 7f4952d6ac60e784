//! Turns that fail: whatever was decided in them is decided again, and nothing else is lost by it.

use super::*;
use crate::config::Encryption;
use crate::engine::NoAnswer;
use crate::gateway::{Job, Mark, Reference, Report};
use std::sync::OnceLock;

/// A connection of somebody else, to make the file fail by.
fn beside(bench: &Bench) -> rusqlite::Connection {
    rusqlite::Connection::open(&bench.settings.outbox.path).unwrap()
}

/// From now on no message can be changed.
pub(super) fn break_updates(bench: &Bench) {
    let trigger = "CREATE TRIGGER broken BEFORE UPDATE ON message BEGIN SELECT RAISE(ABORT, 'broken'); END";
    beside(bench).execute_batch(trigger).unwrap();
}

/// From now on no message can end: the turn fails with its last statement.
fn break_statistics(bench: &Bench) {
    let trigger = "CREATE TRIGGER broken BEFORE INSERT ON statistic BEGIN SELECT RAISE(ABORT, 'broken'); END";
    beside(bench).execute_batch(trigger).unwrap();
}

/// From now on it is well again.
pub(super) fn mend_file(bench: &Bench) {
    beside(bench).execute_batch("DROP TRIGGER broken").unwrap();
}

fn mend(bench: &mut Bench) {
    mend_file(bench);
    bench.instant += Duration::from_secs(2);
    bench.step(Vec::new());
}

#[test]
fn what_a_failed_first_turn_was_to_take_over_is_taken_over_by_the_next() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("ended"));
    bench.answer("ended", Class::Permanent, Reason::Spam);
    bench.keep(message("under way"));
    break_updates(&bench);
    let mut bench = bench.restart();
    bench.step(Vec::new());
    assert!(bench.result().is_none());
    mend(&mut bench);
    assert_eq!(bench.result().unwrap().key, "ended");
    assert_eq!(bench.engine.outbox.find("under way").unwrap().unwrap().reason, Reason::Interrupted);
}

#[test]
fn old_results_are_not_passed_over_when_a_message_ends_in_the_first_turn() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("old"));
    bench.answer("old", Class::Permanent, Reason::Spam);
    let mut late = message("late");
    late.send_at = START.after(Duration::from_secs(600));
    bench.keep(late);
    let mut bench = bench.restart();
    bench.pass(Duration::from_secs(86_400));
    assert_eq!(bench.result().unwrap().key, "old");
    assert_eq!(bench.result().unwrap().key, "late");
}

#[test]
fn a_clock_set_back_while_the_disk_fails_does_not_stop_retries() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    bench.sent(Task::Send);
    bench.answer("a", Class::Transient, Reason::GatewayError);
    break_updates(&bench);
    bench.now = Timestamp(bench.now.0 - 86_400_000);
    bench.step(Vec::new());
    mend(&mut bench);
    assert_eq!(bench.pass(Duration::from_secs(5)).sent(Task::Send).len(), 1);
}

#[test]
fn an_answer_that_comes_while_the_disk_fails_is_not_lost_and_nothing_is_sent_twice() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    assert_eq!(bench.sent(Task::Send).len(), 1);
    break_updates(&bench);
    bench.answer("a", Class::Ok, Reason::None);
    assert_eq!(bench.state("a").0, State::Sending);
    // Long after it would have been given up.
    bench.pass(Duration::from_secs(600));
    mend(&mut bench);
    assert_eq!(bench.state("a").0, State::Accepted);
    assert_eq!(bench.sent(Task::Send), []);
}

#[test]
fn a_turn_that_fails_with_its_last_statement_has_not_happened() {
    let mut bench = Bench::new(|s| s.outbox.max_messages = 1);
    bench.keep(message("a"));
    break_statistics(&bench);
    bench.answer("a", Class::Permanent, Reason::Spam);
    assert!(bench.result().is_none(), "a result that is not on disk");
    assert_eq!(bench.engine.outbox.open_messages(), 1);
    mend(&mut bench);
    assert_eq!(bench.result().unwrap().key, "a");
    assert!(bench.result().is_none());
    bench.keep(message("b"));
}

#[test]
fn answers_to_look_ups_that_must_be_written_again_are_counted_once() {
    let mut bench = Bench::new(|_| {});
    for key in ["a", "b"] {
        bench.keep(message(key));
        bench.answer(key, Class::Uncertain, Reason::AnswerLost);
    }
    bench.pass(Duration::from_secs(1));
    assert_eq!(bench.engine.looking_up, 2);
    break_updates(&bench);
    bench.look_up("a", Class::Pending, Reason::None);
    bench.step(Vec::new());
    mend(&mut bench);
    assert_eq!(bench.engine.looking_up, 1);
}

#[test]
fn a_question_whose_process_died_is_asked_again_at_once() {
    let mut bench = Bench::new(|_| {});
    for key in ["possibly sent", "accepted"] {
        bench.keep(message(key));
    }
    bench.answer("possibly sent", Class::Uncertain, Reason::AnswerLost).answer("accepted", Class::Ok, Reason::None);
    bench.pass(Duration::from_secs(1));
    assert_eq!(bench.sent(Task::LookUp).len(), 2);
    let mut bench = bench.restart();
    bench.pass(Duration::ZERO).pass(Duration::from_secs(1));
    assert_eq!(bench.sent(Task::LookUp).len(), 2);
}

#[test]
fn one_message_with_damaged_content_does_not_stop_the_others() {
    let mut bench = Bench::new(|_| {});
    for key in ["a", "b"] {
        let mut reserved = message(key);
        reserved.send_at = START.after(Duration::from_secs(60));
        bench.keep(reserved);
    }
    beside(&bench)
        .execute_batch("UPDATE content SET payload = x'00' WHERE message = (SELECT id FROM message WHERE key = 'a')")
        .unwrap();
    bench.pass(Duration::from_secs(60));
    assert_eq!(bench.sent(Task::Send), [("b".into(), Channel::Alimtalk, 1)]);
    bench.pass(Duration::from_secs(7_200));
    assert_eq!(bench.state("a"), (State::Expired, Certainty::NotSent));
}

#[test]
fn results_that_cannot_be_read_are_tried_again_in_peace_and_none_is_passed_over() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    bench.answer("a", Class::Permanent, Reason::Spam);
    beside(&bench).execute_batch("UPDATE message SET state = 99").unwrap();
    let mut bench = bench.restart();
    bench.step(Vec::new());
    assert!(bench.engine.sleep(bench.now, bench.instant) >= Duration::from_secs(1), "no busy loop");
    bench.keep(message("b"));
    bench.answer("b", Class::Permanent, Reason::Spam);
    assert!(bench.result().is_none());
    beside(&bench).execute_batch(&format!("UPDATE message SET state = {}", State::Failed as i32)).unwrap();
    bench.instant += Duration::from_secs(2);
    bench.step(Vec::new());
    assert_eq!(bench.result().unwrap().key, "a");
    assert_eq!(bench.result().unwrap().key, "b");
}

/// Windows does not let an open file go.
#[cfg(unix)]
#[test]
fn an_outbox_that_is_gone_is_not_made_anew_after_an_error() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    break_updates(&bench);
    let path = bench.settings.outbox.path.clone();
    let kept = path.with_extension("kept");
    std::fs::rename(&path, &kept).unwrap();
    bench.answer("a", Class::Ok, Reason::None);
    assert!(!path.exists(), "an empty outbox would have forgotten every key");
    assert!(bench.submit(vec![message("b")]).is_err());
    std::fs::rename(&kept, &path).unwrap();
    mend(&mut bench);
    assert_eq!(bench.state("a").0, State::Accepted);
    bench.keep(message("b"));
}

#[test]
fn numbers_of_results_only_grow_also_when_the_file_is_opened_anew() {
    let mut bench = Bench::new(|_| {});
    for key in ["a", "b"] {
        bench.keep(message(key));
        bench.answer(key, Class::Permanent, Reason::Spam);
        bench.result().unwrap();
        let id = bench.results.acknowledged(&Key::parse(key).unwrap()).unwrap();
        bench.step(vec![Event::Acknowledge(id)]);
    }
    let before = bench.engine.outbox.last_number().unwrap();
    bench.engine.outbox.reopen().unwrap();
    assert_eq!(bench.engine.outbox.last_number().unwrap(), before);
}

#[test]
fn flushes_nobody_waits_for_are_forgotten() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    for _ in 0..1_000 {
        let (reply, _) = ask();
        bench.step(vec![Event::Flush { reply, deadline: bench.instant }]);
    }
    assert_eq!(bench.engine.flushers.len(), 1);
}

/// A network whose thread is gone.
struct Nowhere;

impl crate::engine::Outlet for Nowhere {
    fn hand(&self, _job: Job) -> bool {
        false
    }

    fn cancel(&self) {}

    fn wait(&self) {}
}

#[test]
fn without_a_network_the_engine_ends_with_an_error_instead_of_keeping_what_it_cannot_send() {
    let bench = Bench::new(|_| {});
    let (events, arriving) = crossbeam_channel::bounded(1);
    let (reply, answer) = ask();
    // The thread has a clock of its own.
    let mut message = message("a");
    (message.send_at, message.expires_at) = (Timestamp(0), Timestamp(i64::MAX));
    events.send(Event::Submit { batch: Batch::whole(vec![bench.seal(message)]), reply }).unwrap();
    let Bench { engine, folder, .. } = bench;
    let error = crate::engine::run(engine, inlet(arriving), &OnceLock::new(), &Nowhere).unwrap_err();
    assert_eq!(error.code(), Code::Internal);
    assert_eq!(answer.now().unwrap().unwrap(), [Verdict::Kept], "it is on disk and will be settled");
    drop(folder);
}

fn inlet(events: crossbeam_channel::Receiver<Event>) -> crate::engine::Inlet<Event> {
    crate::engine::Inlet { events, gone: Arc::default() }
}

/// A network that looks, when it has ended, whether the outbox is still held.
struct LastLook(std::path::PathBuf, std::cell::Cell<Option<Code>>);

impl crate::engine::Outlet for LastLook {
    fn hand(&self, _job: Job) -> bool {
        true
    }

    fn cancel(&self) {}

    fn wait(&self) {
        self.1.set(Role::exclusive(&self.0, &Encryption::default()).err().map(|error| error.code()));
    }
}

#[test]
fn the_outbox_is_held_until_nothing_can_leave_any_more() {
    let bench = Bench::new(|_| {});
    let path = bench.settings.outbox.path.clone();
    let (events, arriving) = crossbeam_channel::bounded(1);
    events.send(Event::Stop { deadline: bench.instant }).unwrap();
    let Bench { engine, folder: _folder, .. } = bench;
    let network = LastLook(path.clone(), std::cell::Cell::new(None));
    assert!(!crate::engine::run(engine, inlet(arriving), &OnceLock::new(), &network).unwrap(), "nothing remains");
    assert_eq!(network.1.get(), Some(Code::OutboxLocked));
    assert!(Role::exclusive(&path, &Encryption::default()).is_ok());
}

#[test]
fn who_asked_an_engine_that_goes_is_told_at_once_though_the_channel_stays() {
    let (events, arriving) = crossbeam_channel::bounded(2);
    let (reply, answer) = ask::<bool>();
    let inlet = inlet(arriving);
    let gone = Arc::clone(&inlet.gone);
    let key = Key::parse("a").unwrap();
    events.send(Event::Cancel { key, reply }).unwrap();
    drop(inlet);
    assert!(matches!(answer.wait(Duration::from_secs(60)), Err(NoAnswer::Gone)));
    assert!(gone.load(std::sync::atomic::Ordering::SeqCst));
    drop(events);
}

#[test]
fn what_is_not_found_after_the_clock_has_jumped_is_unknown_and_not_sent_again() {
    let mut bench = Bench::new(|_| {});
    bench.keep(without_fallback("a"));
    bench.answer("a", Class::Uncertain, Reason::AnswerLost);
    bench.errands.clear();
    // The clock jumps; the one that never jumps does not.
    bench.now = bench.now.after(Duration::from_secs(1_800));
    bench.step(Vec::new());
    bench.look_up("a", Class::Absent, Reason::ConnectionFailed);
    assert_eq!(bench.state("a"), (State::Unknown, Certainty::PossiblySent));
    assert_eq!(bench.sent(Task::Send), []);
}

#[test]
fn deaths_of_the_process_use_up_no_tries_of_what_never_left() {
    let mut bench = Bench::new(|_| {});
    bench.keep(without_fallback("a"));
    for attempt in 1..=10 {
        assert_eq!(bench.sent(Task::Send), [("a".into(), Channel::Alimtalk, attempt)]);
        bench = bench.restart();
        bench.step(Vec::new());
        bench.pass(Duration::from_secs(60));
        bench.look_up("a", Class::Absent, Reason::ConnectionFailed);
        assert_eq!(bench.state("a").0, State::Queued, "after {attempt} deaths");
        bench.pass(Duration::from_secs(60));
    }
    // What the gateway refuses counts: three times here.
    for attempt in 11..=13 {
        assert_eq!(bench.sent(Task::Send), [("a".into(), Channel::Alimtalk, attempt)]);
        assert!(bench.result().is_none());
        bench.answer("a", Class::Transient, Reason::GatewayError);
        bench.pass(Duration::from_secs(60));
    }
    assert_eq!(bench.result().map(|result| result.state), Some(State::Failed));
}

#[test]
fn what_a_gateway_says_while_the_disk_fails_counts_once() {
    let mut bench = gateways::bench(serde_json::json!({}));
    let room = |bench: &Bench| bench.engine.gates.get("a").unwrap().room(Priority::Urgent, 0, bench.now);
    let empty = room(&bench);
    bench.keep(Message { gateway: "a".into(), ..message("a") });
    break_updates(&bench);
    let refused = Outcome::new(Class::Transient, Reason::ConnectionFailed);
    let words = vec![bench.word("a", refused)];
    bench.step(vec![Event::Heard(News::Answered { gateway: "a".into(), words })]);
    // More turns that fail than a gateway may fail before it gets a rest.
    (0..9).for_each(|_| drop(bench.step(Vec::new())));
    let failures = |bench: &Bench| bench.engine.pulse.lock().of("a").failures_in_row;
    assert_eq!((failures(&bench), room(&bench)), (0, empty - 1), "nothing of it has happened yet");
    mend(&mut bench);
    assert_eq!(bench.state("a"), (State::Queued, Certainty::NotSent));
    assert_eq!((failures(&bench), room(&bench)), (1, empty));
    assert!(!bench.engine.gates.get("a").unwrap().is_down(bench.now), "one failure is not five");
}

#[test]
fn a_poll_whose_reports_could_not_be_kept_has_not_gone_on() {
    let mut bench = gateways::bench(serde_json::json!({}));
    bench.keep(Message { gateway: "a".into(), ..message("a") });
    let cursor = |bench: &Bench| bench.engine.gates.get("a").unwrap().poll.cursor.clone();
    break_statistics(&bench);
    let mark = Mark::Ours(Reference { key: Key::parse("a").unwrap(), channel: Channel::Alimtalk, attempt: 1 });
    let reports = vec![Report { mark, outcome: Outcome::new(Class::Ok, Reason::None) }];
    let (gateway, page) = ("a".to_owned(), "next page".to_owned());
    let news = News::Polled { gateway, reports, cursor: page.clone(), more: true, receipt: None };
    bench.step(vec![Event::Heard(news)]);
    assert_eq!(cursor(&bench), "");
    mend(&mut bench);
    assert_eq!(cursor(&bench), page);
    assert_eq!(bench.result().unwrap().state, State::Delivered);
}

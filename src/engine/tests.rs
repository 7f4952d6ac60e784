//! The engine on a fake clock and a scripted gateway: every promise of the queue, without threads and without sleeping.

mod batch;
mod damage;
mod faults;
mod gateways;
mod hold;
mod images;
mod queue;
mod reply;
mod reports;
mod reservations;
mod results;
mod seal;
mod shared;
mod simulation;

use super::event::{Batch, Event, Verdict};
use super::pulse::Pulse;
use super::reply::{Reply, ask};
use super::results::ResultQueue;
use super::shared::Role;
use super::state::Engine;
use super::turn::Effects;
use crate::config::Settings;
use crate::error::{Code, Error};
use crate::gateway::{Errand, Job, News, Task, Word};
use crate::logging::Log;
use crate::message::{
    Certainty, Channel, Class, Key, Message, MessageResult, Outcome, Payload, Priority, Reason, Recipient, State, Text,
};
use crate::outbox::{Sealed, Sealer};
use crate::time::Timestamp;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant};

const START: Timestamp = Timestamp(1_796_000_000_000);
const MINUTE: Duration = Duration::from_secs(60);

/// An engine, its clock, and what it asked the network for.
struct Bench {
    engine: Engine,
    results: Arc<ResultQueue>,
    now: Timestamp,
    instant: Instant,
    errands: Vec<Errand>,
    folder: tempfile::TempDir,
    settings: Arc<Settings>,
}

impl Bench {
    fn new(configure: impl FnOnce(&mut Settings)) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::parse(
            &serde_json::json!({
                "outbox": {"path": folder.path().join("outbox.db"), "encryption": "none"},
                "accounts": {"clinic": {"sender_key": "k", "sender_number": "07000000001"}},
                "retry": {"max_attempts": 3, "initial_ms": 1000, "max_ms": 60000, "request_timeout_ms": 10000},
                "report_timeout_seconds": 3600,
            })
            .to_string(),
        )
        .unwrap();
        configure(&mut settings);
        let settings = Arc::new(settings);
        let (engine, results) = open(&settings);
        let mut bench =
            Bench { engine, results, now: START, instant: Instant::now(), errands: Vec::new(), folder, settings };
        bench.step(Vec::new());
        bench
    }

    /// As after a crash: the same file, a new engine.
    fn restart(self) -> Bench {
        let Bench { engine, folder, settings, now, instant, .. } = self;
        drop(engine);
        let (engine, results) = open(&settings);
        Bench { engine, results, now, instant, errands: Vec::new(), folder, settings }
    }

    fn step(&mut self, events: Vec<Event>) -> Effects {
        let mut effects = self.engine.step(events, self.now, self.instant);
        let errands = effects.jobs.drain(..).filter_map(|job| match job {
            Job::Errand(errand) => Some(errand),
            _ => None,
        });
        self.errands.extend(errands);
        for reply in effects.replies.drain(..) {
            reply.send();
        }
        effects
    }

    fn pass(&mut self, span: Duration) -> &mut Bench {
        self.now = self.now.after(span);
        self.instant += span;
        self.step(Vec::new());
        self
    }

    fn submit(&mut self, messages: Vec<Message>) -> Result<Vec<Verdict>, Error> {
        let (reply, answer) = ask();
        let messages = messages.into_iter().map(|message| self.seal(message)).collect();
        self.step(vec![Event::Submit { batch: Batch::whole(messages), reply }]);
        answer.now().unwrap()
    }

    fn seal(&self, message: Message) -> Sealed {
        Sealer::new(&self.engine.outbox.vault(), 1).seal(message).unwrap()
    }

    fn keep(&mut self, message: Message) {
        assert_eq!(self.submit(vec![message]).unwrap(), [Verdict::Kept]);
    }

    fn ask<T>(&mut self, event: impl FnOnce(Reply<T>) -> Event) -> crate::Result<T> {
        let (reply, answer) = ask();
        self.step(vec![event(reply)]);
        answer.now().unwrap()
    }

    fn cancel(&mut self, key: &str) -> crate::Result<bool> {
        let key = Key::parse(key).unwrap();
        self.ask(|reply| Event::Cancel { key, reply })
    }

    /// The messages of the errands so far, oldest first, and forgets them.
    fn sent(&mut self, task: Task) -> Vec<(String, Channel, i32)> {
        let (taken, rest) = std::mem::take(&mut self.errands).into_iter().partition(|e| e.task == task);
        self.errands = rest;
        let parcels = |errand: Errand| {
            errand.parcels.into_iter().map(move |p| (p.key.as_str().to_owned(), errand.channel, p.attempt))
        };
        Vec::into_iter(taken).flat_map(parcels).collect()
    }

    fn word(&self, key: &str, outcome: Outcome) -> Word {
        let entry = self.engine.outbox.find(key).unwrap().unwrap();
        Word { id: entry.id, channel: entry.channel, attempt: entry.tries, outcome }
    }

    fn answer(&mut self, key: &str, class: Class, reason: Reason) -> &mut Bench {
        let words = vec![self.word(key, Outcome::new(class, reason))];
        self.step(vec![Event::Heard(News::Answered { gateway: "sandbox".into(), words })]);
        self
    }

    fn report(&mut self, key: &str, class: Class, reason: Reason) -> &mut Bench {
        let words = vec![self.word(key, Outcome::new(class, reason))];
        self.step(vec![Event::Heard(News::Reported(words))]);
        self
    }

    fn look_up(&mut self, key: &str, class: Class, reason: Reason) -> &mut Bench {
        let words = vec![self.word(key, Outcome::new(class, reason))];
        self.step(vec![Event::Heard(News::LookedUp { words, unasked: Vec::new() })]);
        self
    }

    fn result(&mut self) -> Option<MessageResult> {
        self.results.take(Instant::now()).unwrap().result
    }

    fn state(&self, key: &str) -> (State, Certainty) {
        let entry = self.engine.outbox.find(key).unwrap().unwrap();
        (entry.state, entry.certainty)
    }
}

fn open(settings: &Arc<Settings>) -> (Engine, Arc<ResultQueue>) {
    let open = if settings.outbox.shared { Role::shared } else { Role::exclusive };
    let (outbox, role) = open(&settings.outbox.path, &settings.outbox.encryption).unwrap();
    let results = Arc::new(ResultQueue::default());
    let pulse = Arc::new(Mutex::new(Pulse::default()));
    let log = Log::open(&settings.logging).unwrap();
    (Engine::new(Arc::clone(settings), outbox, role, Arc::clone(&results), pulse, log), results)
}

/// An AlimTalk with a fallback, to be sent at once.
pub(crate) fn message(key: &str) -> Message {
    Message {
        key: Key::parse(key).unwrap(),
        account: "clinic".into(),
        gateway: "sandbox".into(),
        template: "visit".into(),
        tag: String::new(),
        priority: Priority::Normal,
        channel: Channel::Alimtalk,
        created: START,
        send_at: START,
        expires_at: START.after(Duration::from_secs(7_200)),
        digest: [key.len() as u8; 16],
        payload: Arc::new(Payload {
            to: Recipient::from_digits("01000000000".into()),
            alimtalk: Some(Default::default()),
            text: Some(Text {
                channel: Channel::Sms,
                from: "07000000001".into(),
                subject: String::new(),
                body: "예약 안내".into(),
                images: Vec::new(),
            }),
        }),
    }
}

fn lost() -> Outcome {
    Outcome::new(Class::Uncertain, Reason::AnswerLost)
}

fn without_fallback(key: &str) -> Message {
    let mut message = message(key);
    message.payload_mut().text = None;
    message
}

#[test]
fn a_message_leaves_in_the_turn_that_keeps_it_and_is_sending_on_disk_before() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    assert_eq!(bench.sent(Task::Send), [("a".into(), Channel::Alimtalk, 1)]);
    assert_eq!(bench.state("a"), (State::Sending, Certainty::PossiblySent));
    bench.answer("a", Class::Ok, Reason::None);
    assert_eq!(bench.state("a").0, State::Accepted);
    bench.report("a", Class::Ok, Reason::None);
    let result = bench.result().unwrap();
    assert_eq!((result.state, result.certainty, result.attempts), (State::Delivered, Certainty::Sent, 1));
    assert!(bench.result().is_none());
}

#[test]
fn the_same_key_is_one_message_and_other_content_is_refused() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    let mut other = message("a");
    other.digest = [9; 16];
    let verdicts = bench.submit(vec![message("a"), other]).unwrap();
    assert_eq!(verdicts[0], Verdict::Duplicate);
    assert!(matches!(&verdicts[1], Verdict::Refused(e) if e.code() == Code::KeyConflict));
    assert_eq!(bench.sent(Task::Send).len(), 1);
}

#[test]
fn a_message_is_not_sent_before_its_time() {
    let mut bench = Bench::new(|_| {});
    let mut reserved = message("a");
    reserved.send_at = START.after(Duration::from_secs(600));
    bench.keep(reserved);
    assert_eq!(bench.state("a").0, State::Scheduled);
    assert_eq!(bench.pass(Duration::from_secs(599)).sent(Task::Send), []);
    assert_eq!(bench.engine.sleep(bench.now, bench.instant), Duration::from_secs(1));
    assert_eq!(bench.pass(Duration::from_secs(1)).sent(Task::Send).len(), 1);
}

#[test]
fn what_was_certainly_not_sent_is_tried_again_up_to_the_bound_and_then_falls_back() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    for attempt in 1..=3 {
        assert_eq!(bench.sent(Task::Send), [("a".into(), Channel::Alimtalk, attempt)]);
        bench.answer("a", Class::Transient, Reason::GatewayError);
        bench.pass(Duration::from_secs(5));
    }
    assert_eq!(bench.sent(Task::Send), [("a".into(), Channel::Sms, 1)]);
    bench.answer("a", Class::Ok, Reason::None).report("a", Class::Ok, Reason::None);
    let result = bench.result().unwrap();
    assert_eq!((result.state, result.channel, result.attempts), (State::Delivered, Channel::Sms, 4));
    assert_eq!(result.reason, Reason::None);
}

#[test]
fn without_a_fallback_the_last_failure_is_the_result() {
    let mut bench = Bench::new(|_| {});
    bench.keep(without_fallback("a"));
    bench.answer("a", Class::Ok, Reason::None).report("a", Class::Fallback, Reason::NotKakaoUser);
    let result = bench.result().unwrap();
    assert_eq!((result.state, result.certainty), (State::Failed, Certainty::NotSent));
    assert_eq!((result.channel, result.reason), (Channel::Alimtalk, Reason::NotKakaoUser));
}

#[test]
fn what_was_possibly_sent_is_settled_with_the_gateway_and_never_sent_again_on_a_guess() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    bench.sent(Task::Send);
    bench.answer("a", Class::Uncertain, Reason::AnswerLost).pass(Duration::from_secs(1));
    assert_eq!(bench.sent(Task::LookUp).len(), 1);
    assert_eq!(bench.sent(Task::Send), []);
    bench.look_up("a", Class::Uncertain, Reason::AnswerLost);
    let result = bench.result().unwrap();
    assert_eq!((result.state, result.certainty), (State::Unknown, Certainty::PossiblySent));
    assert_eq!(bench.pass(Duration::from_secs(86_400)).sent(Task::Send), []);
}

#[test]
fn a_look_up_that_finds_nothing_lets_the_message_be_sent_again() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    bench.answer("a", Class::Uncertain, Reason::AnswerLost).pass(Duration::from_secs(1));
    bench.look_up("a", Class::Absent, Reason::ConnectionFailed).pass(Duration::from_secs(5));
    assert_eq!(bench.sent(Task::Send), [("a".into(), Channel::Alimtalk, 1), ("a".into(), Channel::Alimtalk, 2)]);
}

#[test]
fn a_late_report_of_the_alimtalk_stops_a_fallback_that_has_not_left() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    let late = bench.word("a", Outcome::new(Class::Ok, Reason::None));
    bench.answer("a", Class::Transient, Reason::GatewayError);
    bench.step(vec![Event::Heard(News::Reported(vec![late.clone()]))]);
    assert_eq!(bench.result().unwrap().channel, Channel::Alimtalk);
    bench.step(vec![Event::Heard(News::Reported(vec![late]))]);
    assert!(bench.result().is_none(), "one final result per key");
}

#[test]
fn a_report_faster_than_its_answer_is_the_last_word() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    let word = bench.word("a", Outcome::new(Class::Ok, Reason::None));
    let answered = News::Answered { gateway: "sandbox".into(), words: vec![word.clone()] };
    bench.step(vec![Event::Heard(News::Reported(vec![word])), Event::Heard(answered.clone())]);
    bench.step(vec![Event::Heard(answered)]);
    assert_eq!(bench.result().unwrap().state, State::Delivered);
    assert!(bench.result().is_none());
}

#[test]
fn an_answer_that_comes_after_it_was_given_up_changes_nothing() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    let late = bench.word("a", Outcome::new(Class::Permanent, Reason::ContentRefused));
    bench.pass(Duration::from_secs(22)).pass(Duration::from_secs(2));
    bench.look_up("a", Class::Absent, Reason::ConnectionFailed).pass(Duration::from_secs(5));
    assert_eq!(bench.sent(Task::Send).len(), 2);
    bench.step(vec![Event::Heard(News::Answered { gateway: "sandbox".into(), words: vec![late] })]);
    assert_eq!(bench.state("a").0, State::Sending, "the second try is still under way");
}

#[test]
fn a_request_under_way_when_the_process_died_is_settled_and_never_just_sent_again() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    let mut bench = bench.restart();
    bench.pass(Duration::from_secs(1)).pass(Duration::from_secs(1));
    assert_eq!(bench.sent(Task::Send), []);
    assert_eq!(bench.sent(Task::LookUp), [("a".into(), Channel::Alimtalk, 1)]);
    bench.look_up("a", Class::Uncertain, Reason::Interrupted);
    let result = bench.result().unwrap();
    assert_eq!((result.state, result.reason), (State::Unknown, Reason::Interrupted));
}

#[test]
fn an_accepted_message_without_a_report_is_asked_for_and_ends_unknown_when_time_is_up() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    bench.answer("a", Class::Ok, Reason::None).pass(Duration::from_secs(2));
    assert_eq!(bench.sent(Task::LookUp).len(), 1);
    bench.look_up("a", Class::Pending, Reason::None).pass(Duration::from_secs(3_600));
    let result = bench.result().unwrap();
    assert_eq!((result.state, result.reason), (State::Unknown, Reason::ReportOverdue));
}

#[test]
fn a_message_whose_time_runs_out_expires_unsent() {
    let mut bench = Bench::new(|_| {});
    let mut reserved = message("a");
    reserved.send_at = START.after(Duration::from_secs(60));
    reserved.expires_at = START.after(Duration::from_secs(120));
    bench.keep(reserved);
    assert_eq!(bench.pass(Duration::from_secs(500)).sent(Task::Send), []);
    let result = bench.result().unwrap();
    assert_eq!((result.state, result.certainty, result.reason), (State::Expired, Certainty::NotSent, Reason::Expired));
}

#[test]
fn what_waits_for_the_operator_is_tried_until_its_time_runs_out() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    let mut tries = 0;
    while bench.engine.outbox.find("a").unwrap().unwrap().state != State::Expired {
        if !bench.sent(Task::Send).is_empty() {
            tries += 1;
            bench.answer("a", Class::Operator, Reason::CredentialsRefused);
        }
        bench.pass(Duration::from_secs(10));
    }
    assert!(tries > 3, "more tries than retry.max_attempts");
    assert_eq!(bench.result().unwrap().reason, Reason::CredentialsRefused);
}

//! What the engine hears when an adapter has a fault.

use super::*;
use crate::config::{GatewaySettings, Settings, testing};
use crate::engine::Event;
use crate::gateway::{Dialogue, Method, Word};
use crate::message::{Channel, Class, Outcome, Reason};
use crate::net::tests::errand;
use crossbeam_channel::unbounded;
use serde_json::json;

/// What an adapter may do wrong.
#[derive(Clone, Copy)]
enum Wrong {
    AsksForEver,
    Panics,
    PanicsAtOnce,
}

impl Adapter for Wrong {
    fn begin(&self, _: Order) -> Box<dyn Dialogue> {
        match self {
            Wrong::PanicsAtOnce => panic!("010-0000-0001"),
            other => Box::new(*other),
        }
    }
}

impl Dialogue for Wrong {
    fn next(&mut self, _: Option<Heard>, _: &Moment) -> Step {
        assert!(matches!(self, Wrong::AsksForEver), "010-0000-0001");
        let target = "/".to_owned();
        let host = crate::gateway::Host::Main;
        Step::Ask(Request { method: Method::Get, host, target, headers: Vec::new(), body: None, messages: 0 })
    }
}

/// A gateway that nobody is at.
fn settings(folder: &std::path::Path) -> Settings {
    let vendor = json!({"type": "bizgo", "api_key": "k", "base_url": "http://127.0.0.1:9"});
    testing::settings(folder, json!({"gateways": {"vendor": vendor}, "logging": {"file": folder.join("log")}}))
}

/// Everything the engine hears of these jobs, and the log.
fn heard(wrong: Wrong, jobs: Vec<Job>) -> (Vec<Event>, String) {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path());
    let log = Log::open(&settings.logging).unwrap();
    let GatewaySettings::Remote(remote) = &settings.gateways["vendor"] else { panic!("another type") };
    let timeout = Duration::from_secs(30);
    let client = HttpClient::new("gateways.vendor", remote, timeout, &log).unwrap();
    let mut remote = Remote::new("vendor", remote, client, timeout, Arc::default(), log);
    remote.adapter = Box::new(wrong);
    let (engine, news) = unbounded();
    let remote = Rc::new(remote);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    local.spawn_local(async move {
        jobs.into_iter().for_each(|job| Rc::clone(&remote).run(job, Newsroom { engine: engine.clone() }));
    });
    // It ends when every task has.
    runtime.block_on(local);
    (news.try_iter().collect(), std::fs::read_to_string(folder.path().join("log")).unwrap())
}

fn a_fault_is_a_lost_answer(wrong: Wrong) {
    let (cursor, since) = ("here".to_owned(), Timestamp(0));
    let gateway = "vendor".to_owned();
    let poll = Job::Poll { gateway: gateway.clone(), cursor: cursor.clone(), since };
    let confirm = Job::Confirm { gateway, receipt: "r".to_owned() };
    let errands = [Task::Send, Task::LookUp, Task::Cancel].map(|task| Job::Errand(errand("vendor", task)));
    let (events, log) = heard(wrong, errands.into_iter().chain([poll, confirm]).collect());
    let unknown = Outcome::new(Class::Uncertain, Reason::AnswerLost);
    let word = Word { id: 7, channel: Channel::Sms, attempt: 2, outcome: unknown };
    let mut answered = [0; 4];
    for event in events {
        match event {
            Event::Heard(News::Answered { gateway, words }) => {
                assert_eq!((gateway.as_str(), &*words), ("vendor", &[word.clone()][..]));
                answered[0] += 1;
            }
            Event::Heard(News::LookedUp { words, unasked }) => {
                assert_eq!((&*words, &*unasked), (&[][..], &[7][..]));
                answered[1] += 1;
            }
            Event::Heard(News::Cancelled(words)) => {
                assert_eq!(words, std::slice::from_ref(&word));
                answered[2] += 1;
            }
            Event::Heard(News::Polled { reports, cursor: kept, more, receipt, .. }) => {
                assert_eq!((reports.len(), kept, more, receipt), (0, cursor.clone(), false, None));
                answered[3] += 1;
            }
            _ => panic!("nothing else is told"),
        }
    }
    assert_eq!(answered, [1; 4], "each job is answered once");
    assert_eq!(log.matches("a fault inside alimi while a request was made").count(), 5, "{log}");
    assert!(!log.contains("010"), "{log}");
}

#[test]
fn a_dialogue_that_asks_for_ever_is_a_lost_answer() {
    a_fault_is_a_lost_answer(Wrong::AsksForEver);
}

#[test]
fn a_dialogue_that_panics_is_a_lost_answer() {
    a_fault_is_a_lost_answer(Wrong::Panics);
}

#[test]
fn an_adapter_that_panics_is_a_lost_answer() {
    a_fault_is_a_lost_answer(Wrong::PanicsAtOnce);
}

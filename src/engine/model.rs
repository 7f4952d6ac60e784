//! The queue of results, the replies and the end of the engine, with every order in which their threads can take their
//! steps (loom). The files are the engine's own, compiled once more over loom's primitives.
//!
//! Invariants: a wait without a deadline near at hand is one for ever here, so that a wake-up that is lost is a deadlock,
//! which loom reports; what a thread sees of another's writes is what the processor may show it, not what this one does.
#![allow(dead_code, reason = "each file is checked by a part of what it has")]
#![allow(clippy::duplicate_mod, reason = "that is the point")]

#[path = "inlet.rs"]
#[allow(clippy::duplicate_mod, reason = "on purpose, see above")]
mod inlet;
#[path = "reply.rs"]
#[allow(clippy::duplicate_mod, reason = "on purpose, see above")]
mod reply;
#[path = "results.rs"]
#[allow(clippy::duplicate_mod, reason = "on purpose, see above")]
mod results;
mod sync;

use crate::error::{Code, Error};
use crate::message::{Certainty, Channel, Key, Priority, Reason, State};
use crate::outbox::{Entry, FellBack, Phase};
use crate::time::Timestamp;
use inlet::Inlet;
use loom::thread::{JoinHandle, spawn};
use reply::{NoAnswer, Reply, ask};
use results::ResultQueue;
use std::time::{Duration, Instant};
use sync::{Arc, AtomicBool, AtomicUsize, Ordering, Receiver, bounded, channel};

const LONG: Duration = Duration::from_secs(3_600);

/// Tries the orders with at most this many switches of a thread that could go on; more find nothing else here, and
/// take minutes.
fn explore(switches: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(switches);
    builder.check(model);
}

fn entry(number: i64) -> Entry {
    let time = Timestamp(number);
    Entry {
        id: number,
        phase: Phase::Result,
        due: time,
        state: State::Delivered,
        channel: Channel::Alimtalk,
        certainty: Certainty::Sent,
        reason: Reason::None,
        attempts: 1,
        tries: 1,
        interrupted: 0,
        fell_back: FellBack::No,
        left_at: None,
        sent_at: None,
        finished_at: None,
        reference: String::new(),
        vendor_code: String::new(),
        key: Key::parse(&format!("K{number}")).unwrap(),
        priority: Priority::Normal,
        account: String::new(),
        gateway: String::new(),
        template: String::new(),
        tag: String::new(),
        fallback: None,
        delegated: false,
        sound: true,
        written_place: 0,
        owner: 0,
        created: time,
        send_at: time,
        expires_at: time,
    }
}

/// Waits until there is a result, however often it is woken.
fn take(queue: &ResultQueue) -> String {
    loop {
        if let Some(result) = queue.take(Instant::now() + LONG).unwrap().result {
            return result.key;
        }
    }
}

fn taking(queue: &Arc<ResultQueue>) -> JoinHandle<String> {
    let queue = Arc::clone(queue);
    spawn(move || take(&queue))
}

#[test]
fn every_result_reaches_one_caller_however_they_come() {
    explore(3, || {
        let queue = Arc::new(ResultQueue::default());
        let callers = [taking(&queue), taking(&queue)];
        queue.push(vec![entry(1)]);
        queue.push(vec![entry(2)]);
        let mut taken = callers.map(|caller| caller.join().unwrap());
        taken.sort();
        assert_eq!(taken, ["K1", "K2"]);
    });
}

#[test]
fn results_that_come_together_wake_all_who_wait() {
    explore(3, || {
        let queue = Arc::new(ResultQueue::default());
        let callers = [taking(&queue), taking(&queue)];
        queue.push(vec![entry(1), entry(2)]);
        let mut taken = callers.map(|caller| caller.join().unwrap());
        taken.sort();
        assert_eq!(taken, ["K1", "K2"]);
    });
}

#[test]
fn a_wake_ends_a_poll_that_waits_or_the_next_one() {
    explore(4, || {
        let queue = Arc::new(ResultQueue::default());
        let other = Arc::clone(&queue);
        let poll = spawn(move || other.take(Instant::now() + LONG).unwrap().result.is_none());
        queue.wake();
        assert!(poll.join().unwrap());
        assert!(!queue.inner.lock().woken, "nothing is left of it");
    });
}

#[test]
fn a_wake_takes_no_result_from_anybody() {
    explore(3, || {
        let queue = Arc::new(ResultQueue::default());
        let (caller, other) = (taking(&queue), Arc::clone(&queue));
        let waker = spawn(move || other.wake_who_waits());
        queue.push(vec![entry(1)]);
        assert_eq!(caller.join().unwrap(), "K1");
        waker.join().unwrap();
    });
}

#[test]
fn a_result_that_is_put_back_reaches_who_waits() {
    explore(3, || {
        let queue = Arc::new(ResultQueue::default());
        queue.push(vec![entry(1)]);
        let (caller, other) = (taking(&queue), Arc::clone(&queue));
        let hasty = spawn(move || {
            let taken = other.take(Instant::now()).unwrap().result;
            taken.map(|result| other.put_back(result)).is_some()
        });
        if !hasty.join().unwrap() {
            // The other caller was first.
            queue.push(vec![entry(2)]);
        }
        assert_eq!(caller.join().unwrap(), "K1");
    });
}

#[test]
fn the_end_of_the_engine_ends_every_poll() {
    explore(3, || {
        let queue = Arc::new(ResultQueue::default());
        let polls = [(); 2].map(|()| {
            let queue = Arc::clone(&queue);
            spawn(move || queue.take(Instant::now() + LONG).err().map(|error| error.code()))
        });
        queue.close(Error::new(Code::Closed, "closed"));
        assert!(polls.into_iter().all(|poll| poll.join().unwrap() == Some(Code::Closed)));
    });
}

#[test]
fn who_asks_for_more_and_who_waits_meanwhile_both_get_theirs() {
    explore(3, || {
        let queue = Arc::new(ResultQueue::default());
        queue.fall_behind();
        let polls = [(); 2].map(|()| {
            let queue = Arc::clone(&queue);
            spawn(move || {
                let mut asked = 0;
                loop {
                    let waited = queue.take(Instant::now() + LONG).unwrap();
                    if waited.refill {
                        asked += 1;
                        // The engine's part: it reads what is on disk.
                        let (_, last) = queue.room();
                        queue.refill(if last == 0 { vec![entry(1), entry(2)] } else { Vec::new() }, Some(2));
                    }
                    if let Some(result) = waited.result {
                        return (result.key, asked);
                    }
                }
            })
        });
        let [one, two] = polls.map(|poll| poll.join().unwrap());
        assert_ne!(one.0, two.0);
        assert_eq!(one.1 + two.1, 1, "the disk is read once");
    });
}

// Of a thread that is joining another loom takes a wake-up for the end of that other one, so those who ask are threads
// of their own.

#[test]
fn an_answer_is_whole_when_its_caller_wakes_and_none_is_missed() {
    explore(4, || {
        let (give, given) = channel();
        let caller = spawn(move || {
            // Twice by one thread: what is left of the first waking does not end the second wait early.
            for number in 0..2 {
                let (reply, answer) = ask();
                assert!(give.send(reply).is_ok());
                assert_eq!(answer.wait(LONG), Ok(Ok(number)));
            }
        });
        let mut number = 0;
        while number < 2 {
            match given.try_recv() {
                Ok(reply) => {
                    reply.send(Ok(number));
                    number += 1;
                }
                Err(()) => loom::thread::yield_now(),
            }
        }
        caller.join().unwrap();
    });
}

#[test]
fn a_reply_dropped_unanswered_ends_the_wait_in_every_order() {
    explore(4, || {
        let (give, given) = channel();
        let caller = spawn(move || {
            let (reply, answer) = ask::<()>();
            assert!(give.send(reply).is_ok());
            assert_eq!(answer.wait(LONG), Err(NoAnswer::Gone));
        });
        while given.try_recv().map(drop).is_err() {
            loom::thread::yield_now();
        }
        caller.join().unwrap();
    });
}

/// The caller's side as [`crate::client::Client`] has it: tell, look at the flag, wait.
#[test]
fn nobody_waits_for_an_engine_that_ends() {
    explore(4, || {
        let (events, arriving) = channel::<Reply<()>>();
        let gone = Arc::new(AtomicBool::new(false));
        let inlet = Inlet { events: arriving, gone: Arc::clone(&gone) };
        let caller = spawn(move || {
            let (reply, answer) = ask();
            let told = events.send(reply).is_ok();
            let seen = gone.load(Ordering::SeqCst);
            told && answer.wait(if seen { Duration::ZERO } else { LONG }) == Ok(Ok(()))
        });
        let taken = inlet.events.try_recv().map(|reply| reply.send(Ok(()))).is_ok();
        drop(inlet);
        let answered = caller.join().unwrap();
        assert!(taken || !answered, "an answer that nobody gave");
    });
}

#[test]
fn who_looks_out_for_an_answer_gets_it_alone_and_beside_others() {
    for callers in 1..=2 {
        explore(2, move || {
            let (give, given) = channel();
            let waiting = Arc::new(AtomicUsize::new(0));
            let callers = (0..callers).map(|number| {
                let (give, waiting) = (give.clone(), Arc::clone(&waiting));
                spawn(move || {
                    let (reply, answer) = ask();
                    assert!(give.send((number, reply)).is_ok());
                    assert_eq!(answer.wait_awake(&waiting, LONG), Ok(Ok(number)));
                })
            });
            let callers: Vec<_> = callers.collect();
            for _ in &callers {
                let (number, reply) = given.recv();
                reply.send(Ok(number));
            }
            callers.into_iter().for_each(|caller| caller.join().unwrap());
            assert_eq!(waiting.load(Ordering::Relaxed), 0, "nobody waits any more");
        });
    }
}

enum Event {
    Question(Reply<()>),
    Stop,
}

/// The engine's side as [`crate::engine::run`] has it: sleep, take what has arrived, look at the flag of the shutdown.
fn run(inlet: Inlet<Event>, stop: &AtomicBool, queue: &ResultQueue) {
    loop {
        let mut group = vec![inlet.events.recv()];
        group.extend(std::iter::from_fn(|| inlet.events.try_recv().ok()));
        let stopping = stop.load(Ordering::SeqCst);
        for event in group {
            if let Event::Question(reply) = event {
                reply.send(Ok(()));
            }
        }
        if stopping {
            break;
        }
    }
    drop(inlet);
    queue.close(Error::new(Code::Closed, "closed"));
}

fn engine(
    events: Receiver<Event>,
    stop: &Arc<AtomicBool>,
    queue: &Arc<ResultQueue>,
) -> (JoinHandle<()>, Arc<AtomicBool>) {
    let gone = Arc::new(AtomicBool::new(false));
    let (inlet, stop, queue) = (Inlet { events, gone: Arc::clone(&gone) }, Arc::clone(stop), Arc::clone(queue));
    (spawn(move || run(inlet, &stop, &queue)), gone)
}

/// As [`crate::client::Client::shutdown`] does it: the flag first, then an event where there is room.
#[test]
fn a_shutdown_ends_the_engine_also_when_its_channel_is_full_and_nobody_waits_on() {
    explore(2, || {
        let (events, arriving) = bounded(1);
        let (stop, queue) = (Arc::new(AtomicBool::new(false)), Arc::new(ResultQueue::default()));
        let (engine, gone) = engine(arriving, &stop, &queue);
        let asking = events.clone();
        let caller = spawn(move || {
            let (reply, answer) = ask();
            let told = asking.send(Event::Question(reply)).is_ok();
            let seen = gone.load(Ordering::SeqCst);
            if told {
                let answered = answer.wait(if seen { Duration::ZERO } else { LONG });
                assert!(matches!(answered, Ok(Ok(())) | Err(NoAnswer::Gone | NoAnswer::Late)));
                assert!(seen || answered != Err(NoAnswer::Late), "it waited for nobody");
            }
        });
        stop.store(true, Ordering::SeqCst);
        let _ = events.try_send(Event::Stop);
        engine.join().unwrap();
        caller.join().unwrap();
    });
}

#[test]
fn a_shutdown_ends_every_poll() {
    explore(3, || {
        let (events, arriving) = bounded(1);
        let (stop, queue) = (Arc::new(AtomicBool::new(false)), Arc::new(ResultQueue::default()));
        let (engine, _) = engine(arriving, &stop, &queue);
        let polled = Arc::clone(&queue);
        let poll = spawn(move || while polled.take(Instant::now() + LONG).is_ok() {});
        queue.wake();
        stop.store(true, Ordering::SeqCst);
        let _ = events.try_send(Event::Stop);
        engine.join().unwrap();
        poll.join().unwrap();
    });
}

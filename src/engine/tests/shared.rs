//! Several engines on one outbox, as several processes have them.

use super::*;
use crate::config::Encryption;

/// The first engine delivers.
fn shared() -> Bench {
    Bench::new(|settings| settings.outbox.shared = true)
}

impl Bench {
    /// Another process on the same outbox.
    fn another(&self) -> Bench {
        let (engine, results) = open(&self.settings);
        let mut bench = Bench {
            engine,
            results,
            now: self.now,
            instant: self.instant,
            errands: Vec::new(),
            folder: tempfile::tempdir().unwrap(),
            settings: Arc::clone(&self.settings),
        };
        bench.step(Vec::new());
        bench
    }

    /// Lets a second pass: it looks at what others did.
    fn look(&mut self) -> &mut Bench {
        for _ in 0..5 {
            self.instant += Duration::from_millis(200);
            self.step(Vec::new());
        }
        self
    }

    /// Its process ends; the folder stays.
    fn dies(self) -> tempfile::TempDir {
        self.folder
    }

    fn keys(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.result()).map(|result| result.key).collect()
    }

    fn acknowledge(&mut self, key: &str) {
        let id = self.results.acknowledged(&Key::parse(key).unwrap()).unwrap();
        self.step(vec![Event::Acknowledge(id)]);
    }
}

fn scheduled(key: &str) -> Message {
    let mut message = message(key);
    message.send_at = START.after(Duration::from_secs(600));
    message
}

#[test]
fn one_delivers_and_each_reads_its_own_results() {
    let mut first = shared();
    let mut second = first.another();
    assert!(first.engine.role.delivers() && !second.engine.role.delivers());
    first.keep(message("first"));
    second.keep(message("second"));
    assert_eq!(second.sent(Task::Send), []);
    first.look();
    assert_eq!(first.sent(Task::Send).len(), 2);
    for key in ["first", "second"] {
        first.answer(key, Class::Permanent, Reason::Spam);
    }
    assert_eq!(first.keys(), ["first"]);
    assert_eq!(second.look().keys(), ["second"]);
}

#[test]
fn who_does_not_deliver_sleeps_between_looks_and_takes_no_lock_of_the_database() {
    let first = shared();
    let mut second = first.another();
    assert_eq!(second.engine.sleep(second.now, second.instant), Duration::from_millis(200));
    let other = rusqlite::Connection::open(&second.settings.outbox.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    second.look();
    assert_eq!(second.engine.pulse.lock().trouble, None);
    assert_eq!(second.engine.sleep(second.now, second.instant), Duration::from_millis(200));
}

#[test]
fn a_message_that_another_process_cancels_still_has_its_result_where_it_belongs() {
    let mut first = shared();
    let mut second = first.another();
    first.keep(scheduled("a"));
    first.keep(message("b"));
    second.cancel("a").unwrap();
    // Numbered after the cancellation, handed out before it is noticed.
    first.answer("b", Class::Permanent, Reason::Spam);
    let mut keys = first.keys();
    keys.extend(first.look().keys());
    assert_eq!(keys, ["a", "b"]);
}

#[test]
fn who_cancels_its_own_message_does_not_pass_over_a_result_that_came_before() {
    let mut first = shared();
    let mut second = first.another();
    second.keep(message("a"));
    second.keep(scheduled("b"));
    first.look().answer("a", Class::Permanent, Reason::Spam);
    second.cancel("b").unwrap();
    assert_eq!(second.keys(), ["a", "b"]);
}

#[test]
fn results_reach_their_owner_when_another_process_has_taken_over() {
    let mut first = shared();
    let mut second = first.another();
    let mut third = first.another();
    for key in ["a", "b", "c"] {
        third.keep(message(key));
        first.look().answer(key, Class::Permanent, Reason::Spam);
        assert_eq!(third.look().keys(), [key]);
        third.acknowledge(key);
    }
    // Nothing on disk tells any more how far the numbers went.
    third.keep(message("d"));
    let _folder = first.dies();
    second.look();
    assert!(second.engine.role.delivers());
    second.answer("d", Class::Ok, Reason::None).report("d", Class::Permanent, Reason::Spam);
    assert_eq!(third.look().keys(), ["d"]);
}

#[test]
fn what_was_under_way_when_the_delivering_process_died_is_settled_and_not_sent_again() {
    let mut first = shared();
    let mut second = first.another();
    second.keep(message("a"));
    first.look();
    assert_eq!(first.sent(Task::Send).len(), 1);
    let _folder = first.dies();
    second.look().pass(Duration::from_secs(1));
    assert_eq!(second.sent(Task::Send), []);
    assert_eq!(second.sent(Task::LookUp).len(), 1);
}

#[test]
fn a_take_over_that_fails_is_tried_again() {
    let mut first = shared();
    let mut second = first.another();
    first.keep(message("a"));
    let _folder = first.dies();
    let other = rusqlite::Connection::open(&second.settings.outbox.path).unwrap();
    let broken = "CREATE TRIGGER broken BEFORE UPDATE ON message BEGIN SELECT RAISE(ABORT, 'broken'); END";
    other.execute_batch(broken).unwrap();
    second.look();
    assert_eq!(second.state("a").0, State::Sending);
    assert!(second.engine.pulse.lock().trouble.is_some());
    other.execute_batch("DROP TRIGGER broken").unwrap();
    second.look();
    assert_eq!(second.engine.outbox.find("a").unwrap().unwrap().reason, Reason::Interrupted);
    assert_eq!(second.engine.outbox.find("a").unwrap().unwrap().owner, second.engine.role.owner().unwrap());
}

#[test]
fn a_result_of_a_dead_process_reaches_the_one_that_delivers_also_when_it_was_under_way() {
    let mut first = shared();
    let mut second = first.another();
    second.keep(message("ended"));
    second.keep(message("under way"));
    first.look().answer("ended", Class::Permanent, Reason::Spam);
    drop(second);
    assert_eq!(first.look().keys(), ["ended"]);
    first.answer("under way", Class::Permanent, Reason::Spam);
    assert_eq!(first.keys(), ["under way"]);
}

#[test]
fn adopted_results_keep_their_order_and_come_after_those_already_seen() {
    let mut first = shared();
    let mut second = first.another();
    for key in ["a", "b", "c"] {
        second.keep(message(key));
    }
    first.keep(message("own"));
    first.look();
    for key in ["b", "own", "c", "a"] {
        first.answer(key, Class::Permanent, Reason::Spam);
    }
    assert_eq!(first.keys(), ["own"]);
    drop(second);
    assert_eq!(first.look().keys(), ["b", "c", "a"]);
}

#[test]
fn the_bound_on_open_messages_counts_those_of_every_process_and_only_as_long_as_they_are_open() {
    let mut first = Bench::new(|settings| {
        settings.outbox.shared = true;
        settings.outbox.max_messages = 1;
    });
    let mut second = first.another();
    for key in ["a", "b", "c"] {
        second.keep(message(key));
        let verdicts = first.submit(vec![message("one too many")]).unwrap();
        assert!(matches!(&verdicts[..], [Verdict::Refused(e)] if e.code() == Code::OutboxFull), "{verdicts:?}");
        first.look().answer(key, Class::Permanent, Reason::Spam);
    }
    assert_eq!(first.engine.outbox.open_messages(), 0);
}

#[test]
fn a_flush_waits_for_what_another_process_delivers() {
    let mut first = shared();
    let mut second = first.another();
    second.keep(message("a"));
    let (reply, answer) = ask();
    let deadline = second.instant + Duration::from_secs(60);
    second.step(vec![Event::Flush { reply, deadline }]);
    assert!(answer.now().is_none(), "it is due");
    first.look();
    second.look();
    assert!(answer.now().is_none(), "it is under way");
    first.answer("a", Class::Ok, Reason::None);
    second.look();
    assert_eq!(answer.now(), Some(Ok(())));
}

#[test]
fn a_stop_does_not_wait_for_what_another_process_delivers() {
    let first = shared();
    let mut second = first.another();
    second.keep(message("a"));
    let deadline = second.instant + Duration::from_secs(5);
    assert!(second.step(vec![Event::Stop { deadline }]).stopped);
}

#[test]
fn nobody_has_the_outbox_for_itself_while_others_share_it() {
    let first = shared();
    let path = first.settings.outbox.path.clone();
    let second = first.another();
    let exclusive = || Role::exclusive(&path, &Encryption::default()).map(drop).unwrap_err();
    assert_eq!(exclusive().code(), Code::OutboxLocked);
    // For a moment nobody delivers.
    let _folder = first.dies();
    let error = exclusive();
    assert_eq!(error.code(), Code::OutboxLocked);
    assert!(error.text().contains(&format!("process {}", std::process::id())), "{error}");
    drop(second);
    let alone = Role::exclusive(&path, &Encryption::default()).unwrap();
    assert_eq!(Role::shared(&path, &Encryption::default()).map(drop).unwrap_err().code(), Code::OutboxLocked);
    drop(alone);
}

#[test]
fn what_an_exclusive_owner_left_belongs_to_the_one_that_delivers() {
    let mut bench = Bench::new(|_| {});
    bench.keep(message("a"));
    bench.answer("a", Class::Permanent, Reason::Spam);
    let path = bench.settings.outbox.path.clone();
    let _folder = bench.dies();
    let mut sharing = Bench::new(|settings| {
        settings.outbox.shared = true;
        settings.outbox.path = path;
    });
    assert_eq!(sharing.keys(), ["a"]);
}

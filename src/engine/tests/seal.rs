//! The promises of sealing: nothing readable, nothing to be moved or changed unseen, and keys that can be changed.

use super::*;
use crate::config::{Encryption, OutboxKey};
use crate::message::Image;
use rusqlite::Connection;

fn keys(key: Option<u8>, old: &[u8]) -> Encryption {
    Encryption { key: key.map(OutboxKey::of), old_keys: old.iter().map(|byte| OutboxKey::of(*byte)).collect() }
}

fn sealed(key: u8) -> Bench {
    Bench::new(|settings| settings.outbox.encryption = keys(Some(key), &[]))
}

fn reserved(key: &str, body: &str) -> Message {
    let mut message = message(key);
    message.send_at = START.after(Duration::from_secs(600));
    if let Some(text) = &mut message.payload_mut().text {
        text.body = body.into();
    }
    message
}

/// A reserved MMS.
fn picture(key: &str) -> Message {
    let mut message = reserved(key, "그림");
    message.channel = Channel::Mms;
    message.payload_mut().alimtalk = None;
    if let Some(text) = &mut message.payload_mut().text {
        text.channel = Channel::Mms;
        text.images = vec![Image::new([0xff, 0xd8, 0xff, 1].into())];
    }
    message
}

impl Bench {
    /// A new start with these keys.
    fn with_keys(mut self, encryption: Encryption) -> Bench {
        let mut settings = Settings::clone(&self.settings);
        settings.outbox.encryption = encryption;
        self.settings = Arc::new(settings);
        self.restart()
    }

    /// The error of a start with these keys.
    fn refusal(self, encryption: &Encryption) -> Error {
        let Bench { engine, settings, folder: _folder, .. } = self;
        drop(engine);
        Role::exclusive(&settings.outbox.path, encryption).err().unwrap()
    }

    /// Turns until everything is sealed anew.
    fn reseal(&mut self) {
        for _ in 0..100 {
            self.step(Vec::new());
            if !self.engine.mixed {
                return;
            }
            self.instant += Duration::from_millis(20);
        }
        panic!("not done after 100 steps");
    }

    fn sql(&self, sql: &str) {
        Connection::open(&self.settings.outbox.path).unwrap().execute_batch(sql).unwrap();
    }

    /// The texts of what leaves when all are due.
    fn texts(&mut self) -> Vec<String> {
        self.pass(Duration::from_secs(600));
        let parcels = std::mem::take(&mut self.errands).into_iter().flat_map(|errand| errand.parcels);
        let mut texts: Vec<String> = parcels.filter_map(|p| p.payload.text.as_ref().map(|t| t.body.clone())).collect();
        texts.sort();
        texts
    }
}

#[test]
fn a_changed_or_moved_row_is_one_damaged_message_and_no_stop() {
    let mut bench = sealed(1);
    let all = ["a", "b", "c", "d"].map(|key| Message { digest: [1; 16], ..reserved(key, key) });
    bench.submit(all.into()).unwrap();
    bench.sql(
        "UPDATE content SET payload = (SELECT payload FROM content JOIN message ON id = message WHERE key = 'b')
             WHERE message = (SELECT id FROM message WHERE key = 'a');
         UPDATE content SET payload = CAST(x'00' || '{\"to\":\"01000000000\"}' AS BLOB)
             WHERE message = (SELECT id FROM message WHERE key = 'c');
         UPDATE content SET payload = CAST(substr(payload, 1, length(payload) - 1) || x'55' AS BLOB)
             WHERE message = (SELECT id FROM message WHERE key = 'd');",
    );
    assert_eq!(bench.texts(), ["b"]);
}

#[test]
fn another_key_is_an_error_at_the_start_and_never_garbage() {
    for wrong in [keys(Some(2), &[]), keys(Some(2), &[3]), keys(None, &[]), keys(None, &[2])] {
        let mut bench = sealed(1);
        bench.keep(reserved("a", "글"));
        let error = bench.refusal(&wrong);
        assert_eq!(error.code(), Code::OutboxKey);
        assert!(error.text().contains("outbox.old_keys"), "{error}");
    }
}

#[test]
fn after_a_change_of_keys_everything_is_read_and_sealed_anew_and_the_old_key_is_not_needed_any_more() {
    for (first, second) in [(Some(1), Some(2)), (None, Some(2)), (Some(1), None)] {
        let old: Vec<u8> = first.into_iter().collect();
        let mut bench = Bench::new(|settings| settings.outbox.encryption = keys(first, &[]));
        let many: Vec<Message> = (0..450).map(|n| reserved(&format!("old {n}"), "옛 글")).collect();
        bench.submit(many).unwrap();
        bench.keep(picture("picture"));
        let mut bench = bench.with_keys(keys(second, &old));
        bench.keep(reserved("new", "새 글"));
        bench.reseal();
        let mut bench = bench.with_keys(keys(second, &[]));
        assert!(!bench.engine.mixed);
        let texts = bench.texts();
        assert_eq!((texts.len(), texts.iter().filter(|text| *text == "옛 글").count()), (452, 450), "{first:?}");
    }
}

#[test]
fn a_change_of_keys_goes_on_after_a_restart_in_the_middle() {
    let mut bench = sealed(1);
    bench.submit((0..450).map(|n| reserved(&format!("old {n}"), "글")).collect()).unwrap();
    let mut bench = bench.with_keys(keys(Some(2), &[1]));
    bench.step(Vec::new());
    assert!(bench.engine.mixed);
    let bench = bench.with_keys(keys(Some(2), &[1]));
    assert!(bench.engine.mixed, "the file remembers");
    let error = bench.refusal(&keys(Some(2), &[]));
    assert_eq!(error.code(), Code::OutboxKey, "the old key is still needed");
}

#[test]
fn nothing_that_an_old_key_opens_is_left_after_a_change() {
    let mut bench = Bench::new(|_| {});
    bench.keep(reserved("a", "readable once"));
    bench.keep(picture("b"));
    let mut bench = bench.with_keys(keys(Some(1), &[]));
    bench.reseal();
    for name in ["outbox.db", "outbox.db-wal"] {
        let bytes = std::fs::read(bench.folder.path().join(name)).unwrap();
        assert!(!bytes.windows(8).any(|part| part == b"readable" || part == b"01000000"), "{name}");
        assert!(!bytes.windows(4).any(|part| part == [0xff, 0xd8, 0xff, 1]), "{name}");
    }
}

#[test]
fn a_repeat_is_found_after_a_change_of_keys_too() {
    let mut bench = sealed(1);
    bench.keep(reserved("a", "글"));
    let mut bench = bench.with_keys(keys(Some(2), &[1]));
    let mut other = reserved("a", "다른 글");
    other.digest = [9; 16];
    let verdicts = bench.submit(vec![reserved("a", "글"), other]).unwrap();
    assert_eq!(verdicts[0], Verdict::Duplicate);
    assert!(matches!(&verdicts[1], Verdict::Refused(e) if e.code() == Code::KeyConflict));
}

#[test]
fn the_kept_digest_of_a_content_differs_from_outbox_to_outbox() {
    let digest = || {
        let mut bench = sealed(1);
        bench.keep(reserved("a", "글"));
        bench.engine.outbox.digest_of(&Key::parse("a").unwrap()).unwrap().unwrap()
    };
    assert_ne!(digest(), digest());
}

#[test]
fn what_another_process_sealed_with_a_newer_key_waits_for_that_key() {
    let mut bench = Bench::new(|settings| {
        settings.outbox.shared = true;
        settings.outbox.encryption = keys(Some(1), &[]);
    });
    let mut settings = Settings::clone(&bench.settings);
    settings.outbox.encryption = keys(Some(2), &[1]);
    let (newer, _) = open(&Arc::new(settings));
    let theirs = Sealer::new(&newer.outbox.vault(), 1).seal(reserved("a", "글")).unwrap();
    let (reply, answer) = ask();
    bench.step(vec![Event::Submit { batch: Batch::whole(vec![theirs]), reply }]);
    assert_eq!(answer.now().unwrap().unwrap(), [Verdict::Kept]);
    assert_eq!(bench.texts(), Vec::<String>::new());
    assert_eq!(bench.state("a").0, State::Scheduled);
    drop(newer);
    let mut bench = bench.with_keys(keys(Some(2), &[1]));
    assert_eq!(bench.texts(), ["글"]);
}

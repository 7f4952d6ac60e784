//! The promises about images: kept with the message, once per content, no longer than needed, few in memory at once.

use super::*;
use crate::message::Image;
use rusqlite::Connection;

fn image(mark: u8) -> Image {
    Image::new([0xff, 0xd8, 0xff, mark].into())
}

/// An MMS, to be sent at once.
fn mms(key: &str, mark: u8) -> Message {
    let mut message = message(key);
    message.channel = Channel::Mms;
    message.payload_mut().alimtalk = None;
    if let Some(text) = &mut message.payload_mut().text {
        text.channel = Channel::Mms;
        text.images = vec![image(mark)];
    }
    message
}

fn reserved(key: &str, mark: u8) -> Message {
    Message { send_at: START.after(Duration::from_secs(60)), ..mms(key, mark) }
}

/// An AlimTalk with an MMS as fallback.
fn alimtalk(key: &str, mark: u8) -> Message {
    let mut message = message(key);
    message.payload_mut().text = mms(key, mark).payload.text.clone();
    message
}

impl Bench {
    /// The images of what has left so far, and forgets it.
    fn images(&mut self) -> Vec<Vec<u8>> {
        let parcels = std::mem::take(&mut self.errands).into_iter().flat_map(|errand| errand.parcels);
        let texts = parcels.flat_map(|parcel| parcel.payload.text.clone());
        texts.flat_map(|text| text.images).map(|image| image.bytes.to_vec()).collect()
    }

    fn file(&self) -> Connection {
        Connection::open(&self.settings.outbox.path).unwrap()
    }

    fn kept_images(&self) -> i64 {
        self.file().query_row("SELECT count(*) FROM image", [], |row| row.get(0)).unwrap()
    }

    fn deliver(&mut self, key: &str) {
        self.answer(key, Class::Ok, Reason::None).report(key, Class::Ok, Reason::None);
        let key = Key::parse(&self.result().unwrap().key).unwrap();
        self.ask(|reply| Event::AcknowledgeKey { key, reply }).unwrap();
    }
}

#[test]
fn an_mms_leaves_with_its_image_at_once_and_after_a_restart() {
    let mut bench = Bench::new(|_| {});
    bench.keep(mms("now", 1));
    assert_eq!(bench.images(), [[0xff, 0xd8, 0xff, 1]]);
    bench.keep(reserved("later", 2));
    let mut bench = bench.restart();
    bench.pass(Duration::from_secs(60));
    assert_eq!(bench.images(), [[0xff, 0xd8, 0xff, 2]]);
}

#[test]
fn an_alimtalk_leaves_without_the_image_that_its_fallback_brings() {
    let mut bench = Bench::new(|_| {});
    bench.keep(alimtalk("a", 1));
    assert_eq!(bench.images(), [Vec::<u8>::new()]);
    bench.answer("a", Class::Fallback, Reason::NotKakaoUser);
    assert_eq!(bench.images(), [[0xff, 0xd8, 0xff, 1]]);
}

#[test]
fn an_image_is_kept_once_per_content_and_goes_with_the_last_message_that_has_it() {
    let mut bench = Bench::new(|settings| settings.retention.content_days = 1);
    for (key, mark) in [("a", 1), ("b", 1), ("c", 2)] {
        bench.keep(mms(key, mark));
    }
    assert_eq!(bench.kept_images(), 2);
    bench.deliver("a");
    bench.deliver("c");
    bench.pass(Duration::from_secs(86_400));
    assert_eq!(bench.kept_images(), 1, "b still needs the first");
    bench.deliver("b");
    bench.pass(Duration::from_secs(86_400));
    assert_eq!(bench.kept_images(), 0);
}

#[test]
fn images_that_messages_share_are_once_in_memory() {
    let mut bench = Bench::new(|_| {});
    bench.submit(vec![reserved("a", 1), reserved("b", 1)]).unwrap();
    bench.pass(Duration::from_secs(60));
    let parcels: Vec<_> = bench.errands.iter().flat_map(|errand| &errand.parcels).collect();
    let bytes = |at: usize| &parcels[at].payload.text.as_ref().unwrap().images[0].bytes;
    assert!(Arc::ptr_eq(bytes(0), bytes(1)));
}

#[test]
fn a_damaged_image_is_one_damaged_message_and_no_stop() {
    let mut bench = Bench::new(|_| {});
    bench.submit(vec![reserved("a", 1), reserved("b", 2)]).unwrap();
    bench.file().execute("UPDATE image SET bytes = x'00ffd8ff' WHERE id = 1", []).unwrap();
    bench.pass(Duration::from_secs(60));
    assert_eq!(bench.sent(Task::Send), [("b".into(), Channel::Mms, 1)]);
}

#[test]
fn only_so_many_images_are_under_way_at_once() {
    let mut bench = Bench::new(|_| {});
    let keys: Vec<String> = (0..150).map(|number| format!("{number}")).collect();
    let same = |key: &String| Message { digest: [1; 16], ..mms(key, 1) };
    bench.submit(keys.iter().map(same).collect()).unwrap();
    let first = bench.sent(Task::Send);
    assert_eq!(first.len(), 90, "the reserve of the urgent lane stays");
    assert!(bench.engine.sleep(bench.now, bench.instant) > Duration::ZERO, "nothing turns in circles meanwhile");
    for (key, _, _) in &first {
        bench.answer(key, Class::Ok, Reason::None);
    }
    bench.step(Vec::new());
    assert_eq!(bench.sent(Task::Send).len(), 60);
}

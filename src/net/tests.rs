//! What the engine hears when a gateway's code has a fault.

use super::*;
use crate::config::testing;
use crate::message::{Channel, Key, Payload, Recipient};

struct Bomb;

impl Peer for Bomb {
    fn run(self: Rc<Self>, _: Job, _: Newsroom) {
        panic!("010-0000-0001")
    }
}

/// One message on its second try.
pub(super) fn errand(gateway: &str, task: Task) -> Errand {
    let payload = Payload { to: Recipient::from_digits("01000000001".into()), alimtalk: None, text: None };
    let parcel = Parcel {
        id: 7,
        key: Key::parse("K").unwrap(),
        attempt: 2,
        left: None,
        accepted: None,
        reference: String::new(),
        reserve_at: None,
        falls_back: false,
        payload: Arc::new(payload),
    };
    Errand {
        task,
        gateway: gateway.into(),
        account: "clinic".into(),
        template: String::new(),
        channel: Channel::Sms,
        registration: Arc::default(),
        parcels: vec![parcel],
    }
}

#[test]
fn a_fault_in_a_gateway_is_a_lost_answer_and_the_thread_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let log = Log::open(&testing::settings(directory.path(), serde_json::json!({})).logging).unwrap();
    let (engine, heard) = crossbeam_channel::unbounded();
    let (orders, taken) = unbounded_channel();
    let order = |order| assert!(orders.send(order).is_ok());
    [Task::Send, Task::LookUp].into_iter().for_each(|task| order(Order::Job(Job::Errand(errand("bomb", task)))));
    order(Order::Cancel);

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let peers: BTreeMap<String, Rc<dyn Peer>> = BTreeMap::from([("bomb".to_owned(), Rc::new(Bomb) as Rc<dyn Peer>)]);
    let desk = Desk { pulse: Arc::default(), newsroom: Newsroom { engine }, log };
    runtime.block_on(desk.serve(peers, taken));

    let news: Vec<Event> = heard.try_iter().collect();
    let [Event::Heard(News::Answered { gateway, words }), Event::Heard(News::LookedUp { words: none, unasked })] =
        &*news
    else {
        panic!("each errand is answered once")
    };
    let unknown = Outcome::new(Class::Uncertain, Reason::AnswerLost);
    assert_eq!((gateway.as_str(), none.len(), &**unasked), ("bomb", 0, &[7][..]));
    assert_eq!(*words, [Word { id: 7, channel: Channel::Sms, attempt: 2, outcome: unknown }]);
}

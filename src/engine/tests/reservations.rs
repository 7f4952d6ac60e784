//! Messages for later that the gateway keeps: handed over before their time, looked after, taken back.

use super::gateways::config;
use super::*;
use serde_json::{Value, json};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// Gateway `a` takes reservations from 11 minutes to a year ahead, `b` none.
fn gateways(reserve: bool) -> Value {
    json!({"gateways": {
        "a": {"type": "bizgo", "api_key": "k", "reserve": reserve, "standby": "b"},
        "b": {"type": "solapi", "api_key": "k", "api_secret": "s"},
    }})
}

fn bench() -> Bench {
    Bench::new(|settings| {
        let folder = settings.outbox.path.parent().unwrap().to_owned();
        *settings = config(&folder, gateways(true));
    })
}

fn after(key: &str, span: Duration) -> Message {
    let send_at = START.after(span);
    Message { gateway: "a".into(), send_at, expires_at: send_at.after(HOUR), ..without_fallback(key) }
}

impl Bench {
    fn said(&mut self, key: &str, outcome: Outcome) {
        let words = vec![self.word(key, outcome)];
        self.step(vec![Event::Heard(News::Answered { gateway: "a".into(), words })]);
    }

    fn accepted_early(&mut self, key: &str, span: Duration) {
        self.keep(after(key, span));
        self.said(key, Outcome::new(Class::Ok, Reason::None).with_reference(format!("r-{key}")));
        self.errands.clear();
    }

    fn taken_back(&mut self, key: &str, class: Class) {
        let words = vec![self.word(key, Outcome::new(class, Reason::GatewayConfiguration))];
        self.step(vec![Event::Heard(News::Cancelled(words))]);
    }

    fn reserved(&mut self) -> Vec<(String, Option<Timestamp>)> {
        let parcels = std::mem::take(&mut self.errands).into_iter().flat_map(|errand| errand.parcels);
        parcels.map(|parcel| (parcel.key.as_str().to_owned(), parcel.reserve_at)).collect()
    }
}

#[test]
fn a_message_for_later_leaves_at_once_with_its_time_and_stays_scheduled() {
    let mut bench = bench();
    bench.keep(after("a", HOUR));
    assert_eq!(bench.state("a"), (State::Scheduled, Certainty::PossiblySent));
    assert_eq!(bench.reserved(), [("a".into(), Some(START.after(HOUR)))]);
    bench.said("a", Outcome::new(Class::Ok, Reason::None));
    assert_eq!(bench.state("a"), (State::Scheduled, Certainty::PossiblySent));
    bench.pass(HOUR).report("a", Class::Ok, Reason::None);
    assert_eq!(bench.result().unwrap().state, State::Delivered);
}

#[test]
fn what_is_too_soon_for_the_gateway_waits_here_until_its_time() {
    let mut bench = bench();
    bench.keep(after("soon", MINUTE * 10));
    assert_eq!(bench.state("soon"), (State::Scheduled, Certainty::NotSent));
    assert_eq!(bench.reserved(), []);
    bench.pass(MINUTE * 10);
    assert_eq!(bench.reserved(), [("soon".into(), None)]);
}

#[test]
fn without_the_setting_and_at_gateways_that_take_none_everything_waits_here() {
    let mut bench = bench();
    bench.keep(Message { gateway: "b".into(), ..after("other", HOUR) });
    assert_eq!(bench.reserved(), []);
    let settings = Arc::new(config(bench.folder.path(), gateways(false)));
    bench.ask(|reply| Event::Reconfigure { settings, reply }).unwrap();
    bench.keep(after("own", HOUR));
    assert_eq!(bench.reserved(), []);
    bench.pass(HOUR);
    assert_eq!(bench.reserved(), [("own".into(), None), ("other".into(), None)]);
}

#[test]
fn a_refused_reservation_is_made_again_and_its_fallback_never_leaves_before_the_time() {
    let mut bench = bench();
    let mut message = after("a", DAY);
    message.payload_mut().text = super::message("x").payload.text.clone();
    bench.keep(message);
    bench.said("a", Outcome::new(Class::Transient, Reason::GatewayError));
    bench.pass(MINUTE);
    assert_eq!(bench.reserved().len(), 2);
    bench.said("a", Outcome::new(Class::Fallback, Reason::TemplateUnavailable));
    bench.step(Vec::new());
    assert_eq!(bench.reserved(), [("a".into(), Some(START.after(DAY)))], "the text is reserved too");
    bench.said("a", Outcome::new(Class::Permanent, Reason::ContentRefused));
    assert_eq!(bench.result().unwrap().state, State::Failed);
}

#[test]
fn while_its_gateway_is_down_a_message_for_later_is_not_given_to_a_standby_that_would_send_it_now() {
    let mut bench = bench();
    bench.keep(after("a", DAY));
    let down = Outcome::new(Class::Transient, Reason::ConnectionFailed);
    for _ in 0..5 {
        bench.said("a", down.clone());
        bench.pass(MINUTE * 2);
    }
    let sent = std::mem::take(&mut bench.errands);
    assert!(sent.iter().all(|errand| errand.gateway == "a"), "{sent:?}");
    assert!(sent.iter().flat_map(|e| &e.parcels).all(|p| p.reserve_at.is_some()));
}

#[test]
fn a_lost_answer_is_settled_as_a_reservation_and_reports_are_awaited_from_its_time_on() {
    let mut bench = bench();
    bench.keep(after("a", DAY * 2));
    bench.said("a", Outcome::new(Class::Uncertain, Reason::AnswerLost));
    assert_eq!(bench.state("a"), (State::Scheduled, Certainty::PossiblySent));
    bench.errands.clear();
    bench.pass(MINUTE);
    assert_eq!(bench.reserved(), [("a".into(), Some(START.after(DAY * 2)))]);
    bench.look_up("a", Class::Pending, Reason::None);
    bench.pass(DAY * 2);
    assert_eq!((bench.reserved(), bench.result()), (vec![], None), "the report timeout of a day is not over");
    bench.pass(DAY);
    assert_eq!(bench.result().unwrap().state, State::Unknown);
}

#[test]
fn cancelling_asks_the_gateway_and_the_result_is_cancelled_once_it_says_yes() {
    let mut bench = bench();
    bench.accepted_early("a", HOUR);
    assert_eq!(bench.cancel("a"), Ok(false));
    assert_eq!(bench.sent(Task::Cancel), [("a".into(), Channel::Alimtalk, 1)]);
    assert_eq!((bench.state("a").0, bench.result()), (State::Scheduled, None));
    bench.taken_back("a", Class::Ok);
    let result = bench.result().unwrap();
    assert_eq!((result.state, result.reason), (State::Cancelled, Reason::CancelledByCaller));
}

#[test]
fn where_the_gateway_says_no_the_message_goes_out_and_its_result_says_so() {
    let mut bench = bench();
    bench.accepted_early("a", HOUR);
    assert_eq!(bench.cancel("a"), Ok(false));
    bench.taken_back("a", Class::Permanent);
    bench.errands.clear();
    bench.pass(MINUTE * 30);
    assert_eq!(bench.sent(Task::Cancel), [], "it is not asked again");
    bench.pass(HOUR).report("a", Class::Ok, Reason::None);
    let result = bench.result().unwrap();
    assert_eq!((result.state, result.reason), (State::Delivered, Reason::None));
}

#[test]
fn the_wish_outlives_a_lost_answer_and_the_process_until_the_time_has_come() {
    let mut bench = bench();
    bench.accepted_early("a", HOUR);
    assert_eq!(bench.cancel("a"), Ok(false));
    bench.taken_back("a", Class::Uncertain);
    bench.errands.clear();
    bench.pass(MINUTE);
    assert_eq!(bench.sent(Task::Cancel).len(), 1);
    let mut bench = bench.restart();
    bench.pass(MINUTE * 2);
    assert_eq!(bench.sent(Task::Cancel).len(), 1);
    bench.taken_back("a", Class::Transient);
    bench.errands.clear();
    bench.pass(HOUR);
    assert_eq!((bench.sent(Task::Cancel), bench.sent(Task::LookUp).len()), (vec![], 1));
}

#[test]
fn one_that_is_on_its_way_to_the_gateway_or_has_gone_out_cannot_be_cancelled() {
    let mut bench = bench();
    bench.keep(after("a", HOUR));
    assert_eq!(bench.cancel("a").unwrap_err().code(), Code::TooLate);
    bench.said("a", Outcome::new(Class::Ok, Reason::None));
    bench.pass(HOUR);
    assert_eq!(bench.cancel("a").unwrap_err().code(), Code::TooLate);
}

#[test]
fn a_reservation_that_somebody_took_back_at_the_gateway_is_cancelled() {
    let mut bench = bench();
    bench.accepted_early("a", HOUR);
    bench.report("a", Class::Permanent, Reason::CancelledByCaller);
    assert_eq!(bench.result().unwrap().state, State::Cancelled);
}

#[test]
fn a_message_that_ends_on_another_day_is_counted_on_both() {
    let mut bench = Bench::new(|_| {});
    let later = Duration::from_secs(864_000);
    bench.keep(Message { send_at: START.after(later), expires_at: START.after(later * 2), ..message("a") });
    bench.pass(later);
    bench.answer("a", Class::Ok, Reason::None).report("a", Class::Ok, Reason::None);
    assert_eq!(bench.result().unwrap().state, State::Delivered);
    let outbox = rusqlite::Connection::open(&bench.settings.outbox.path).unwrap();
    let mut counted = outbox.prepare("SELECT basis, day, delivered FROM statistic ORDER BY basis").unwrap();
    let rows = counted.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let [asked, ended] = [START, START.after(later)].map(|at| at.day().0);
    assert_eq!(rows.collect::<Result<Vec<(i32, i32, i64)>, _>>().unwrap(), [(1, asked, 1), (2, ended, 1)]);
}

//! Looking up: the messages of a request by its id; lost ones in all requests of their time.
//!
//! Invariants: a row of the vendor's belongs to at most one message; a lost message is found only where recipient and text
//! agree, and is absent only after every page of every request of its time was read; what a failed question was about is
//! asked about later, and when the vendor cannot be reached at all that is everything left. Of a time with more requests
//! than can be read the nearest are, and what is not found among them nobody can know.

use super::{Login, bare, codes, content, granted, name, parts};
use crate::gateway::ledger::{Ledger, REQUESTS_MAX};
use crate::gateway::{Dialogue, Errand, Heard, Moment, Parcel, Request, Step, adapter, wire};
use crate::message::{Channel, Class, Outcome, Reason};
use crate::time::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

/// Rows of a page.
const PAGE: usize = 500;
/// How far the vendor's times may be from ours, ms.
const APART_MAX: i64 = 16 * 60_000;
/// Questions that are put at the same time: the way to the vendor and back bounds what one after the other could bring.
const AT_ONCE: usize = 4;
/// Most requests near lost messages that are read.
const NEAR_MAX: usize = 480;
/// Shortest part of a text that stands for the whole, in characters.
const BEGINNING: usize = 20;

pub(super) struct Search {
    login: Login,
    ledger: Ledger,
    questions: VecDeque<Question>,
    asked: Vec<Asked>,
    /// How often something was asked.
    rounds: usize,
    /// Names that are taken.
    taken: HashSet<String>,
    /// Requests of a lost message's time.
    near: HashSet<String>,
    /// Something of a lost message's time could not be read.
    incomplete: bool,
    /// There are more of them than are read.
    crowded: bool,
    /// Lost messages that may be one of which the vendor does not tell the text.
    unclear: HashSet<usize>,
}

#[derive(Clone, Debug)]
enum Question {
    /// The messages of a request that is known to be ours.
    Request(String),
    /// The requests of these days in Korea, `yyyyMMdd`.
    Days(String, String),
    /// The messages of a request of a lost message's time. `body`: its text, where only the list of requests has it.
    Near { mid: String, body: String },
    /// The text message the vendor sent in place of the AlimTalk at a place, which failed.
    Fallback { mid: String, at: usize, failed: Outcome },
}

struct Asked {
    question: Question,
    page: usize,
    rows: Vec<Row>,
}

impl Search {
    pub fn new(login: Login, errand: Errand) -> Search {
        let named: BTreeSet<&str> = errand.parcels.iter().map(|parcel| parts(&parcel.reference).0).collect();
        let request = |mid: &&str| Question::Request((*mid).to_owned());
        let mut questions: VecDeque<_> = named.iter().filter(|mid| !mid.is_empty()).map(request).collect();
        let spans: BTreeSet<_> = errand.parcels.iter().filter(|parcel| is_lost(parcel)).filter_map(days).collect();
        questions.extend(spans.into_iter().map(|(from, until)| Question::Days(from, until)));
        let taken = errand.parcels.iter().map(|parcel| parcel.reference.clone()).collect();
        let mut ledger = Ledger::new(errand);
        for at in ledger.open() {
            // Nobody knows when to look for it.
            if ledger.parcel(at).is_some_and(|parcel| is_lost(parcel) && parcel.left.is_none()) {
                ledger.say(at, Outcome::new(Class::Uncertain, Reason::AnswerLost));
            }
        }
        let (near, unclear) = (HashSet::new(), HashSet::new());
        let (asked, incomplete, crowded) = (Vec::new(), false, false);
        Search { login, ledger, questions, asked, rounds: 0, taken, near, incomplete, crowded, unclear }
    }

    fn ask(&mut self) -> Step {
        let free = if self.ledger.open().is_empty() { 0 } else { AT_ONCE.saturating_sub(self.asked.len()) };
        let next = self.questions.drain(..free.min(self.questions.len()));
        self.asked.extend(next.map(|question| Asked { question, page: 1, rows: Vec::new() }));
        if self.asked.is_empty() {
            self.conclude();
        }
        if self.asked.is_empty() || self.rounds >= REQUESTS_MAX {
            return self.ledger.looked_up();
        }
        self.rounds += 1;
        let mut requests: Vec<Request> = self.asked.iter().map(|asked| self.request(asked)).collect();
        match (requests.len(), requests.pop()) {
            (1, Some(request)) => Step::Ask(request),
            (_, last) => Step::AskAll(requests.into_iter().chain(last).collect()),
        }
    }

    fn request(&self, asked: &Asked) -> Request {
        let channel = self.ledger.channel();
        let (page, limit) = (asked.page.to_string(), PAGE.to_string());
        let of_alimtalks = channel == Channel::Alimtalk;
        let paged = |channel: Channel| {
            let size = if channel == Channel::Alimtalk { "limit" } else { "page_size" };
            self.login.form(channel).with("page", &page).with(size, &limit)
        };
        match &asked.question {
            Question::Request(mid) | Question::Near { mid, .. } if of_alimtalks => {
                self.login.post(channel, "/akv10/history/detail/", paged(channel).with("mid", mid))
            }
            Question::Request(mid) | Question::Near { mid, .. } | Question::Fallback { mid, .. } => {
                self.login.post(Channel::Sms, "/sms_list/", paged(Channel::Sms).with("mid", mid))
            }
            Question::Days(from, until) if of_alimtalks => {
                let form = paged(channel).with("startdate", from).with("enddate", until);
                self.login.post(channel, "/akv10/history/list/", form)
            }
            Question::Days(from, until) => {
                let days = if from == until { "1" } else { "2" };
                let form = paged(channel).with("start_date", from).with("limit_day", days);
                self.login.post(channel, "/list/", form)
            }
        }
    }

    /// `false`: there is no way on.
    fn heard(&mut self, mut asked: Asked, heard: Heard) -> bool {
        let fallback = matches!(asked.question, Question::Fallback { .. });
        let channel = if fallback { Channel::Sms } else { self.ledger.channel() };
        let goes_on = matches!(&heard, Heard::Answer(answer) if !matches!(answer.status, 401 | 403 | 429 | 503));
        let Ok(Page { list: Some(list), total_page, next_yn, .. }) = granted::<Page>(heard, channel) else {
            self.incomplete |= !matches!(asked.question, Question::Request(_));
            return goes_on;
        };
        let page = i64::try_from(asked.page).unwrap_or(i64::MAX);
        let more = !list.is_empty()
            && (total_page.is_some_and(|total| page < total) || next_yn == Some(true) || list.len() >= PAGE);
        asked.rows.extend(list);
        if more {
            asked.page += 1;
            self.asked.push(asked);
            return true;
        }
        match asked.question {
            Question::Days(..) => self.candidates(&asked.rows),
            Question::Request(mid) => self.settle_own(&mid, &asked.rows),
            Question::Near { mid, body } => self.settle_lost(&mid, &body, &asked.rows),
            Question::Fallback { at, failed, .. } => {
                let to = self.ledger.parcel(at).map(|parcel| parcel.payload.to.digits());
                let row = asked.rows.iter().find(|row| Some(row.digits().as_str()) == to);
                let text = row.map_or((Class::Pending, Reason::None), |row| codes::of_state(&row.sms_state));
                let (name, text) = (failed.reference.clone(), Outcome::new(text.0, text.1));
                let outcome = adapter::together(Some(failed), Some(text), true).with_reference(name);
                self.ledger.say(at, outcome);
            }
        }
        true
    }

    /// The requests near a lost message, the nearest first.
    fn candidates(&mut self, requests: &[Row]) {
        let lost: Vec<Timestamp> = self.lost().filter_map(|(_, parcel)| parcel.left).collect();
        let distance = |row: &Row| {
            let Some(time) = row.time() else { return Some(0) };
            lost.iter().map(|left| time.0.saturating_sub(left.0).saturating_abs()).min().filter(|ms| *ms <= APART_MAX)
        };
        let texts: Vec<String> = self.lost().map(|(_, parcel)| content(parcel, self.ledger.channel())).collect();
        let may_be = |row: &&Row| {
            let said = bare(row.only_text());
            said.is_empty() || texts.iter().any(|text| same_text(&said, text))
        };
        let requests = requests.iter().filter(may_be);
        let mut near: Vec<(i64, &Row)> = requests.filter_map(|row| Some((distance(row)?, row))).collect();
        near.sort_by_key(|(distance, _)| *distance);
        for (_, row) in near {
            if self.near.len() >= NEAR_MAX {
                self.crowded = true;
            } else if !row.mid.is_empty() && self.near.insert(row.mid.clone()) {
                self.questions.push_back(Question::Near { mid: row.mid.clone(), body: bare(&row.msg) });
            }
        }
    }

    fn lost(&self) -> impl Iterator<Item = (usize, &Parcel)> {
        let open = self.ledger.open().into_iter();
        open.filter_map(|at| Some((at, self.ledger.parcel(at)?))).filter(|(_, parcel)| is_lost(parcel))
    }

    /// All messages of a request that is ours were read.
    fn settle_own(&mut self, mid: &str, rows: &[Row]) {
        let channel = self.ledger.channel();
        let by_number = by_number(rows);
        for at in self.ledger.open() {
            let Some(parcel) = self.ledger.parcel(at) else { continue };
            let (own, nth) = parts(&parcel.reference);
            if own != mid {
                continue;
            }
            let text = content(parcel, channel);
            let to_it = by_number.get(parcel.payload.to.digits()).map(Vec::as_slice).unwrap_or_default();
            // Of several to one number the text decides, where the list has it.
            let exact: Vec<&Row> = to_it.iter().copied().filter(|row| row.says(&text, "")).collect();
            let rows = if exact.is_empty() { to_it } else { &exact };
            match rows.get(nth.wrapping_sub(1)).copied() {
                Some(row) => self.say(at, row, parcel.reference.clone()),
                // The request took only a part, and this is none of it.
                None if parcel.accepted.is_none() => self.ledger.say(at, Outcome::new(Class::Fallback, Reason::Other)),
                None => self.ledger.say(at, Outcome::new(Class::Pending, Reason::None)),
            }
        }
    }

    /// All messages of a request of a lost message's time were read.
    fn settle_lost(&mut self, mid: &str, body: &str, rows: &[Row]) {
        let channel = self.ledger.channel();
        let by_number = by_number(rows);
        let lost: Vec<usize> = self.lost().map(|(at, _)| at).collect();
        for at in lost {
            let Some(parcel) = self.ledger.parcel(at) else { continue };
            let text = content(parcel, channel);
            let to_it = by_number.get(parcel.payload.to.digits()).map(Vec::as_slice).unwrap_or_default();
            let exact: Vec<&Row> = to_it.iter().copied().filter(|row| row.says(&text, body)).collect();
            if exact.is_empty() && to_it.iter().any(|row| row.message.is_empty() && body.is_empty()) {
                self.unclear.insert(at);
            }
            let name = |nth: usize| named(mid, parcel, channel, nth);
            let free = (1..).zip(exact).map(|(nth, row)| (name(nth), row)).find(|(name, _)| !self.taken.contains(name));
            if let Some((name, row)) = free {
                self.taken.insert(name.clone());
                self.say(at, row, name);
            }
        }
    }

    /// What a row says of the parcel at a place; where its text message has to tell, that is asked next.
    fn say(&mut self, at: usize, row: &Row, name: String) {
        let Some(parcel) = self.ledger.parcel(at) else { return };
        let outcome = row.outcome(self.ledger.channel()).with_reference(name);
        let failed = !matches!(outcome.class, Class::Ok | Class::Pending | Class::Uncertain);
        if !(parcel.falls_back && failed) {
            self.ledger.say(at, outcome);
        } else if row.smid.trim_start_matches('0').is_empty() {
            let pending = Outcome::new(Class::Pending, Reason::None);
            self.ledger.say(at, pending.with_reference(outcome.reference));
        } else {
            self.questions.push_front(Question::Fallback { mid: row.smid.clone(), at, failed: outcome });
        }
    }

    /// There is nothing left to ask: where everything was read, what was not found is not there.
    fn conclude(&mut self) {
        if self.incomplete {
            return;
        }
        let lost: Vec<usize> = self.lost().map(|(at, _)| at).collect();
        for at in lost {
            let Some(parcel) = self.ledger.parcel(at) else { continue };
            let one_day = days(parcel).is_some_and(|(from, until)| from == until);
            // How the days of text messages are counted is not documented well enough across midnight.
            let certain = (self.ledger.channel() == Channel::Alimtalk || one_day) && !self.unclear.contains(&at);
            let certain = certain && !self.crowded;
            let absent = Outcome::new(Class::Absent, Reason::ConnectionFailed);
            let uncertain = Outcome::new(Class::Uncertain, Reason::AnswerLost);
            self.ledger.say(at, if certain { absent } else { uncertain });
        }
    }
}

impl Dialogue for Search {
    fn next(&mut self, heard: Option<Heard>, moment: &Moment) -> Step {
        self.after_all(heard.into_iter().collect(), moment)
    }

    fn after_all(&mut self, heard: Vec<Heard>, _: &Moment) -> Step {
        let asked = std::mem::take(&mut self.asked);
        let mut goes_on = asked.len() == heard.len();
        for (asked, heard) in asked.into_iter().zip(heard) {
            goes_on &= self.heard(asked, heard);
        }
        if goes_on { self.ask() } else { self.ledger.looked_up() }
    }
}

fn is_lost(parcel: &Parcel) -> bool {
    parcel.reference.is_empty()
}

/// The days a lost message may have been taken on.
fn days(parcel: &Parcel) -> Option<(String, String)> {
    let left = parcel.left?;
    let day = |ms: i64| Timestamp(left.0.saturating_add(ms)).day().to_iso().replace('-', "");
    Some((day(-APART_MAX), day(APART_MAX)))
}

/// Our name for it: a text message has a request of its own.
fn named(mid: &str, parcel: &Parcel, channel: Channel, nth: usize) -> String {
    if channel == Channel::Alimtalk { name(mid, parcel, channel, nth) } else { mid.to_owned() }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Page {
    list: Option<Vec<Row>>,
    #[serde(rename = "totalPage", deserialize_with = "wire::number")]
    total_page: Option<i64>,
    #[serde(deserialize_with = "wire::truth")]
    next_yn: Option<bool>,
}

/// A request in the list of requests, or a message in the list of one request.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Row {
    #[serde(deserialize_with = "wire::text")]
    mid: String,
    #[serde(alias = "reg_date", deserialize_with = "wire::text")]
    regdate: String,
    /// The text of a request for text messages.
    #[serde(deserialize_with = "wire::text")]
    msg: String,
    /// The text of the first of a request's AlimTalks.
    #[serde(deserialize_with = "wire::text")]
    mbody: String,
    #[serde(deserialize_with = "wire::number")]
    msg_count: Option<i64>,

    #[serde(deserialize_with = "wire::text")]
    msgid: String,
    #[serde(alias = "receiver", deserialize_with = "wire::text")]
    phone: String,
    #[serde(deserialize_with = "wire::text")]
    message: String,
    #[serde(deserialize_with = "wire::text")]
    rslt: String,
    #[serde(deserialize_with = "wire::text")]
    smid: String,
    #[serde(deserialize_with = "wire::text")]
    sms_state: String,
}

impl Row {
    fn time(&self) -> Option<Timestamp> {
        wire::from_local(&self.regdate).or_else(|| Timestamp::parse(&self.regdate).ok())
    }

    fn digits(&self) -> String {
        self.phone.chars().filter(char::is_ascii_digit).collect()
    }

    /// Whether it says this text, by itself or by its request.
    fn says(&self, text: &str, body: &str) -> bool {
        let own = bare(&self.message);
        let said = if own.is_empty() { body } else { &own };
        same_text(said, text)
    }

    /// What all messages of a request say, where its list tells.
    fn only_text(&self) -> &str {
        if self.msg_count == Some(1) && self.msg.is_empty() { &self.mbody } else { &self.msg }
    }

    fn outcome(&self, channel: Channel) -> Outcome {
        if channel != Channel::Alimtalk {
            let (class, reason) = codes::of_state(&self.sms_state);
            // The state is a word, not a code.
            return Outcome::new(class, reason);
        }
        // Its result has not come back yet.
        if self.msgid.starts_with('Q') {
            return Outcome::new(Class::Pending, Reason::None);
        }
        let (class, reason) = codes::of_result(&self.rslt);
        Outcome::new(class, reason).with_code(self.rslt.as_str())
    }
}

/// Whether what the vendor shows, which may be a beginning, is this text.
fn same_text(shown: &str, text: &str) -> bool {
    !shown.is_empty() && (shown == text || (shown.chars().count() >= BEGINNING && text.starts_with(shown)))
}

fn by_number(rows: &[Row]) -> HashMap<String, Vec<&Row>> {
    let mut by_number: HashMap<String, Vec<&Row>> = HashMap::new();
    rows.iter().for_each(|row| by_number.entry(row.digits()).or_default().push(row));
    by_number
}

//! Looking up: accepted messages by the vendor's ids, many at once; lost ones by our reference among all messages of their
//! time where many are lost, as after a crash, else among those to their number. What else the vendor took in that time may
//! be a hundred times as much, and a list that takes longer than an errand may is never read to its end: it gets a part of
//! the errand's time, so that with each errand some are asked for by their number.
//!
//! Invariants: a lost message is called absent only after every page of its time, or of its number and time, was read; once
//! one of a lost request is found, the rest of that request is read at once; what a failed question was about is asked
//! about later, and when the vendor cannot be reached at all that is everything left.

use super::list::{self, List, Question, Row, verdict};
use super::{CLOCK_DIFFERENCE_MAX, Login};
use crate::gateway::ledger::{Ledger, REQUESTS_MAX};
use crate::gateway::{Dialogue, Errand, Heard, Moment, Parcel, Step};
use crate::message::{Class, Outcome, Reason};
use crate::time::Timestamp;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// Most ids in one request: they stand in its address.
const IDS_MAX: usize = 100;
/// Up to so many lost messages are asked about one by one at once: where the vendor has them, the first one brings the rest
/// of its request.
const FEW: usize = 100;
/// Most pages of all messages of a time; of what then is not found the numbers are asked for.
const PAGES_MAX: usize = 20;
/// For how long they are read: the rest of an errand's time is for the numbers.
const PAGES_TIME: Duration = Duration::from_secs(10);

pub(super) struct Search {
    login: Arc<Login>,
    ledger: Ledger,
    asked: Option<Asked>,
    requests: usize,
    /// Places about which a question failed.
    failed: HashSet<usize>,
    /// A whole list of ids brought none of them: then numbers are asked for, which is documented better.
    ids_unread: bool,
    /// All messages of the lost ones' time were asked for.
    time_asked: bool,
    /// When the first question was put.
    began: Option<Timestamp>,
    /// Requests of which all messages are to be read next, and all there were.
    groups: Vec<String>,
    known_groups: HashSet<String>,
}

/// A question under way.
struct Asked {
    question: Question,
    /// The place it is about, if it is one.
    place: Option<usize>,
    key: String,
    rows: Vec<Row>,
    /// Pages that were read.
    pages: usize,
}

impl Search {
    pub fn new(login: Arc<Login>, errand: Errand) -> Search {
        let ledger = Ledger::new(errand);
        let (groups, known_groups, failed) = (Vec::new(), HashSet::new(), HashSet::new());
        let (ids_unread, time_asked, began) = (false, false, None);
        Search { login, ledger, asked: None, requests: 0, failed, ids_unread, time_asked, began, groups, known_groups }
    }

    fn ask(&mut self, moment: &Moment) -> Step {
        let Some(asked) = self.asked.take().or_else(|| self.next_question(moment)) else {
            return self.ledger.looked_up();
        };
        if self.requests >= REQUESTS_MAX {
            return self.ledger.looked_up();
        }
        self.requests += 1;
        let request = self.login.list(&asked.question, &asked.key, moment);
        self.asked = Some(asked);
        Step::Ask(request)
    }

    fn next_question(&mut self, moment: &Moment) -> Option<Asked> {
        let about = |question, place| Some(Asked { question, place, key: String::new(), rows: Vec::new(), pages: 0 });
        let open: Vec<usize> = self.ledger.open().into_iter().filter(|at| !self.failed.contains(at)).collect();
        let ids = open.iter().filter_map(|&at| self.ledger.parcel(at)).filter(|parcel| has_id(parcel));
        let ids: Vec<String> = ids.take(IDS_MAX).map(|parcel| parcel.reference.clone()).collect();
        if !ids.is_empty() && !self.ids_unread {
            return about(Question::Ids(ids), None);
        }
        let lost: Vec<usize> = open.iter().copied().filter(|&at| self.ledger.parcel(at).is_some_and(is_lost)).collect();
        if !std::mem::replace(&mut self.time_asked, true)
            && lost.len() > FEW
            && let Some(from) = self.earliest(&lost)
        {
            return about(Question::Accepted { from, until: moment.now.after(CLOCK_DIFFERENCE_MAX) }, None);
        }
        if let Some(group) = self.groups.pop().filter(|_| !open.is_empty()) {
            return about(Question::Group(group), None);
        }
        for at in open {
            let Some(parcel) = self.ledger.parcel(at) else { continue };
            if let Some(from) = self.earliest(&[at]) {
                let until = moment.now.after(CLOCK_DIFFERENCE_MAX);
                let to = parcel.payload.to.digits().to_owned();
                return about(Question::Recipient { to, from, until }, Some(at));
            }
            // Nobody knows when to look for it.
            self.ledger.say(at, Outcome::new(Class::Uncertain, Reason::AnswerLost));
        }
        None
    }

    /// Before that the vendor has none of the messages at these places; `None`: nobody knows.
    fn earliest(&self, places: &[usize]) -> Option<Timestamp> {
        let left = |at: &usize| self.ledger.parcel(*at).and_then(|parcel| parcel.left.or(parcel.accepted));
        let first = places.iter().map(left).collect::<Option<Vec<_>>>()?.into_iter().min()?;
        Some(first.before(CLOCK_DIFFERENCE_MAX))
    }

    /// Another page; `false`: there is no way on.
    fn heard(&mut self, mut asked: Asked, heard: Heard, moment: &Moment) -> bool {
        let goes_on = matches!(&heard, Heard::Answer(answer) if !matches!(answer.status, 401 | 403 | 429 | 503));
        let Some((List { next_key, .. }, rows)) = list::read(heard) else {
            // One message may be in trouble at the vendor's without all being.
            self.ids_unread |= matches!(asked.question, Question::Ids(_));
            self.failed.extend(asked.place);
            if matches!(asked.question, Question::Accepted { .. }) {
                self.settle(&asked, false);
            }
            return goes_on;
        };
        asked.rows.extend(rows);
        asked.pages += 1;
        let whole = next_key.is_empty() || next_key == asked.key;
        let took_long = self.began.is_some_and(|began| moment.now.since(began) >= PAGES_TIME);
        let long = asked.pages >= PAGES_MAX || took_long;
        if whole || (long && matches!(asked.question, Question::Accepted { .. })) {
            self.settle(&asked, whole);
        } else {
            asked.key = next_key;
            self.asked = Some(asked);
        }
        true
    }

    /// The pages of a question were read; `whole`: all of them.
    fn settle(&mut self, asked: &Asked, whole: bool) {
        let mut by_name: HashMap<&str, Vec<&Row>> = HashMap::new();
        let by_id = matches!(asked.question, Question::Ids(_));
        for row in &asked.rows {
            by_name.entry(if by_id { &row.message_id } else { &row.custom_fields.alimi }).or_default().push(row);
        }
        if let Question::Ids(ids) = &asked.question
            && !ids.iter().any(|id| by_name.contains_key(id.as_str()))
        {
            self.ids_unread = true;
            return;
        }
        let channel = self.ledger.channel();
        for at in self.ledger.open() {
            let Some(parcel) = self.ledger.parcel(at) else { continue };
            let own = parcel.reference(channel).to_string();
            let (name, about) = match &asked.question {
                Question::Ids(ids) => (&parcel.reference, has_id(parcel) && ids.contains(&parcel.reference)),
                Question::Accepted { .. } => (&own, is_lost(parcel)),
                _ => (&own, asked.place.is_none_or(|place| place == at)),
            };
            // Of all there are: two installations may share the login and have the same keys.
            let of_all = matches!(asked.question, Question::Accepted { .. });
            let is_own = |row: &&&Row| !of_all || row.to == parcel.payload.to.digits();
            let rows = by_name.get(name.as_str()).filter(|_| about && !name.is_empty());
            let mut rows: Vec<&Row> = rows.into_iter().flatten().filter(is_own).copied().collect();
            if let (true, [own]) = (parcel.falls_back, &*rows) {
                rows.extend(stand_in(&asked.rows, own));
            }
            let found = verdict(&rows, channel, parcel.falls_back);
            let outcome = match found {
                Some(outcome) => outcome,
                // Of a group not all were to be found.
                None if !about || !whole || matches!(asked.question, Question::Group(_)) => continue,
                None if is_lost(parcel) => Outcome::new(Class::Absent, Reason::ConnectionFailed),
                // It was accepted, so the vendor will know it again.
                None => Outcome::new(Class::Pending, Reason::None),
            };
            self.ledger.say(at, outcome);
        }
        if asked.place.is_some() {
            let reference = |row: &&Row| !row.custom_fields.alimi.is_empty() && !row.group_id.is_empty();
            for row in asked.rows.iter().filter(reference) {
                if self.known_groups.insert(row.group_id.clone()) {
                    self.groups.push(row.group_id.clone());
                }
            }
        }
    }
}

/// The gateway's own text message in place of an AlimTalk, should it not repeat our reference: the only one of the same
/// request to the same number.
fn stand_in<'r>(rows: &'r [Row], own: &Row) -> Option<&'r Row> {
    let near = |row: &&Row| !own.group_id.is_empty() && row.group_id == own.group_id && row.to == own.to;
    let alone = rows.iter().filter(|row| near(row) && !row.is_replacement()).count() == 1;
    let mut texts = rows.iter().filter(|row| near(row) && row.is_replacement() && row.custom_fields.alimi.is_empty());
    texts.next().filter(|_| alone && texts.next().is_none())
}

/// Whether nobody knows if the vendor accepted it.
fn is_lost(parcel: &Parcel) -> bool {
    parcel.reference.is_empty()
}

/// Whether the vendor's id tells all of it: where the gateway falls back there are several messages.
fn has_id(parcel: &Parcel) -> bool {
    !parcel.reference.is_empty() && !parcel.falls_back
}

impl Dialogue for Search {
    fn next(&mut self, heard: Option<Heard>, moment: &Moment) -> Step {
        match (self.asked.take(), heard) {
            (Some(asked), Some(heard)) => {
                if self.heard(asked, heard, moment) {
                    self.ask(moment)
                } else {
                    self.ledger.looked_up()
                }
            }
            (Some(_), None) => self.ledger.looked_up(),
            (None, _) => {
                self.began = Some(moment.now);
                self.ask(moment)
            }
        }
    }
}

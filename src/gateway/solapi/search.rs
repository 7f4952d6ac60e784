//! Looking up: accepted messages by the vendor's ids, many at once; lost ones by number, time and our reference.
//!
//! Invariants: a lost message is called absent only after every page of its number and time was read; once one of a lost
//! request is found, the rest of that request is read at once; what a failed question was about is asked about later, and
//! when the vendor cannot be reached at all that is everything left.

use super::list::{self, List, Question, Row, verdict};
use super::{CLOCK_DIFFERENCE_MAX, Login};
use crate::gateway::ledger::{Ledger, REQUESTS_MAX};
use crate::gateway::{Dialogue, Errand, Heard, Moment, Parcel, Step};
use crate::message::{Class, Outcome, Reason};
use crate::time::Timestamp;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Most ids in one request: they stand in its address.
const IDS_MAX: usize = 100;

pub(super) struct Search {
    login: Arc<Login>,
    ledger: Ledger,
    asked: Option<Asked>,
    requests: usize,
    /// Places about which a question failed.
    failed: HashSet<usize>,
    /// A whole list of ids brought none of them: then numbers are asked for, which is documented better.
    ids_unread: bool,
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
}

impl Search {
    pub fn new(login: Arc<Login>, errand: Errand) -> Search {
        let ledger = Ledger::new(errand);
        let (groups, known_groups, failed) = (Vec::new(), HashSet::new(), HashSet::new());
        Search { login, ledger, asked: None, requests: 0, failed, ids_unread: false, groups, known_groups }
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
        let about = |question, place| Some(Asked { question, place, key: String::new(), rows: Vec::new() });
        let open: Vec<usize> = self.ledger.open().into_iter().filter(|at| !self.failed.contains(at)).collect();
        let ids = open.iter().filter_map(|&at| self.ledger.parcel(at)).filter(|parcel| has_id(parcel));
        let ids: Vec<String> = ids.take(IDS_MAX).map(|parcel| parcel.reference.clone()).collect();
        if !ids.is_empty() && !self.ids_unread {
            return about(Question::Ids(ids), None);
        }
        if let Some(group) = self.groups.pop().filter(|_| !open.is_empty()) {
            return about(Question::Group(group), None);
        }
        for at in open {
            let Some(parcel) = self.ledger.parcel(at) else { continue };
            if let Some(left) = parcel.left.or(parcel.accepted) {
                let span = i64::try_from(CLOCK_DIFFERENCE_MAX.as_millis()).unwrap_or(0);
                let from = Timestamp(left.0.saturating_sub(span));
                let until = moment.now.after(CLOCK_DIFFERENCE_MAX);
                let to = parcel.payload.to.digits().to_owned();
                return about(Question::Recipient { to, from, until }, Some(at));
            }
            // Nobody knows when to look for it.
            self.ledger.say(at, Outcome::new(Class::Uncertain, Reason::AnswerLost));
        }
        None
    }

    /// Another page; `false`: there is no way on.
    fn heard(&mut self, mut asked: Asked, heard: Heard) -> bool {
        let goes_on = matches!(&heard, Heard::Answer(answer) if !matches!(answer.status, 401 | 403 | 429 | 503));
        let Some((List { next_key, .. }, rows)) = list::read(heard) else {
            // One message may be in trouble at the vendor's without all being.
            self.ids_unread |= matches!(asked.question, Question::Ids(_));
            self.failed.extend(asked.place);
            return goes_on;
        };
        asked.rows.extend(rows);
        if next_key.is_empty() || next_key == asked.key {
            self.settle(&asked);
        } else {
            asked.key = next_key;
            self.asked = Some(asked);
        }
        true
    }

    /// All pages of a question were read.
    fn settle(&mut self, asked: &Asked) {
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
                _ => (&own, asked.place.is_none_or(|place| place == at)),
            };
            let rows = by_name.get(name.as_str()).filter(|_| about && !name.is_empty());
            let found = rows.and_then(|rows| verdict(rows, channel, parcel.falls_back));
            let outcome = match found {
                Some(outcome) => outcome,
                // Of a group not all were to be found.
                None if !about || matches!(asked.question, Question::Group(_)) => continue,
                None if parcel.reference.is_empty() => Outcome::new(Class::Absent, Reason::ConnectionFailed),
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

/// Whether the vendor's id tells all of it: where the gateway falls back there are several messages.
fn has_id(parcel: &Parcel) -> bool {
    !parcel.reference.is_empty() && !parcel.falls_back
}

impl Dialogue for Search {
    fn next(&mut self, heard: Option<Heard>, moment: &Moment) -> Step {
        match (self.asked.take(), heard) {
            (Some(asked), Some(heard)) => {
                if self.heard(asked, heard) {
                    self.ask(moment)
                } else {
                    self.ledger.looked_up()
                }
            }
            (Some(_), None) => self.ledger.looked_up(),
            (None, _) => self.ask(moment),
        }
    }
}

//! Finding out what became of messages: by the vendor's request ids, by our references, or from the list of a window of
//! time, whichever takes fewer requests.
//!
//! Invariants: a message is called absent only after a complete list that would have to hold it; what could not be asked,
//! or whose list is incomplete, stays unasked; a row counts only for the recipient of its parcel; one message in trouble
//! at the vendor's keeps no other from being settled.

use super::Service;
use super::rows::{PAGE, Page, Row, read};
use crate::gateway::ledger::{Ledger, REQUESTS_MAX};
use crate::gateway::wire::{Target, to_minute, to_second};
use crate::gateway::{Answer, Dialogue, Heard, Method, Moment, Request, Step};
use crate::message::{Channel, Class, Outcome, Reason};
use crate::time::Timestamp;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// Up to so many questions are asked one by one without a look at the list.
const FEW: usize = 5;

/// How far the clocks of the vendor and of this host may be apart.
const MARGIN: Duration = Duration::from_secs(600);

/// The vendor answers for windows of at most 30 days.
const WINDOW_MAX: Duration = Duration::from_secs(29 * 86_400);

/// After so many failures in a row it is the gateway that is in trouble.
const FAILURES_MAX: usize = 5;

const NO_SUCH_MESSAGE: i64 = -1016;

enum Ask {
    /// A page of everything that was taken in the window.
    Window(usize),
    /// The messages of a request, which are at most one page; the places of the parcels.
    Request(String, Vec<usize>),
    /// The message with our reference; the place of the parcel.
    Key(usize),
}

pub(super) struct LookUp {
    service: Arc<Service>,
    ledger: Ledger,
    asks: VecDeque<Ask>,
    under_way: Option<Ask>,
    asked: usize,
    /// How many questions in a row have failed.
    failed: usize,
    /// From when to when the messages were taken.
    window: (Timestamp, Timestamp),
    by_key: HashMap<String, usize>,
    by_reference: HashMap<String, usize>,
    /// The rows of the window that were seen.
    seen: HashSet<String>,
}

impl LookUp {
    pub fn new(service: Arc<Service>, ledger: Ledger) -> Self {
        LookUp {
            service,
            ledger,
            asks: VecDeque::new(),
            under_way: None,
            asked: 0,
            failed: 0,
            window: (Timestamp(0), Timestamp(0)),
            by_key: HashMap::new(),
            by_reference: HashMap::new(),
            seen: HashSet::new(),
        }
    }

    fn plan(&mut self, now: Timestamp) {
        let errand = self.ledger.errand();
        let mut requests: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut keys = Vec::new();
        for (at, parcel) in errand.parcels.iter().enumerate() {
            self.by_key.insert(parcel.reference(errand.channel).to_string(), at);
            match parcel.reference.split_once('/') {
                Some((request, _)) if !request.is_empty() => {
                    requests.entry(request).or_default().push(at);
                    self.by_reference.insert(parcel.reference.clone(), at);
                }
                _ if parcel.left.is_some() => keys.push(at),
                // It never left: there is nothing to ask.
                _ => {}
            }
        }
        let first = errand.parcels.iter().filter_map(|parcel| parcel.left).min().unwrap_or(now);
        self.window = (first.before(MARGIN).max(now.before(WINDOW_MAX)), now.after(MARGIN));
        let requests = requests.into_iter().map(|(id, places)| Ask::Request(id.to_owned(), places));
        self.asks = keys.into_iter().map(Ask::Key).chain(requests).collect();
        if self.asks.len() > FEW {
            self.asks.push_front(Ask::Window(1));
        }
    }

    fn request(&self, ask: &Ask) -> Request {
        let path = match self.ledger.channel() {
            Channel::Alimtalk => "/messages",
            Channel::Sms => "/sender/sms",
            Channel::Lms | Channel::Mms => "/sender/mms",
        };
        let in_window = || {
            let written = if self.service.is_alimtalk() { to_minute } else { to_second };
            let (from, to) = self.window;
            Target::new(path).with("startCreateDate", &written(from)).with("endCreateDate", &written(to))
        };
        let (target, page) = match ask {
            Ask::Window(page) => (in_window(), *page),
            Ask::Request(id, _) => (Target::new(path).with("requestId", id), 1),
            Ask::Key(at) => {
                let parcel = self.ledger.parcel(*at);
                let reference = parcel.map(|parcel| parcel.reference(self.ledger.channel()).to_string());
                (in_window().with("recipientGroupingKey", &reference.unwrap_or_default()), 1)
            }
        };
        let target = target.with_number("pageNum", page).with_number("pageSize", PAGE).finish();
        self.service.request(Method::Get, &target)
    }

    fn note(&mut self, row: &Row) {
        let by_reference = self.by_reference.get(&row.reference());
        let Some(at) = by_reference.or_else(|| self.by_key.get(&row.recipient_grouping_key)).copied() else { return };
        if self.ledger.parcel(at).is_some_and(|parcel| row.is_to(&parcel.payload.to)) {
            self.ledger.say(at, row.outcome(self.service.is_alimtalk()));
        }
    }

    fn hear(&mut self, ask: Ask, answer: &Answer) {
        let page = match (read(answer), &ask) {
            (Ok(page), _) => page,
            (Err(Some(NO_SUCH_MESSAGE)), Ask::Request(..)) => Page { rows: Vec::new(), total: Some(0) },
            (Err(_), _) => return self.fail(ask, answer),
        };
        self.failed = 0;
        page.rows.iter().for_each(|row| self.note(row));
        match ask {
            Ask::Window(number) => self.go_on(number, &page),
            Ask::Request(_, places) => self.absent(&places, &page),
            // Without the time of its sending the window may not be that of the message.
            Ask::Key(at) if self.ledger.parcel(at).is_some_and(|parcel| parcel.left.is_some()) => {
                self.absent(&[at], &page);
            }
            Ask::Key(_) => {}
        }
    }

    /// Of a request with many messages one may be in trouble: then they are asked for one by one.
    fn fail(&mut self, ask: Ask, answer: &Answer) {
        self.failed += 1;
        if answer.status == 429 || self.failed >= FAILURES_MAX {
            self.asks.clear();
        } else if let Ask::Request(_, places) = ask
            && places.len() > 1
        {
            self.asks.extend(places.into_iter().map(Ask::Key));
        }
    }

    /// After a page of the window: the next one, the single questions, or the end.
    fn go_on(&mut self, number: usize, page: &Page) {
        self.seen.extend(page.rows.iter().map(Row::reference));
        let total = page.total.unwrap_or(self.seen.len() + usize::from(page.rows.len() >= PAGE));
        let pages = total.div_ceil(PAGE);
        if number < pages && pages <= self.asks.len() {
            self.asks.push_front(Ask::Window(number + 1));
        } else if number >= pages && self.seen.len() >= total {
            let departed = |at: &usize| self.ledger.parcel(*at).is_some_and(|parcel| parcel.left.is_some());
            let missing: Vec<usize> = self.ledger.open().into_iter().filter(departed).collect();
            self.ledger.say_all(&missing, &absent());
        }
    }

    /// What is still open after the list that would have to hold it.
    fn absent(&mut self, places: &[usize], page: &Page) {
        if page.rows.len() < PAGE && page.total.is_none_or(|total| page.rows.len() >= total) {
            self.ledger.say_all(places, &absent());
        }
    }

    fn is_answered(&self, ask: &Ask) -> bool {
        match ask {
            Ask::Window(_) => false,
            Ask::Request(_, places) => places.iter().all(|at| !self.ledger.is_open(*at)),
            Ask::Key(at) => !self.ledger.is_open(*at),
        }
    }
}

impl Dialogue for LookUp {
    fn next(&mut self, heard: Option<Heard>, moment: &Moment) -> Step {
        match (self.under_way.take(), heard) {
            (Some(ask), Some(Heard::Answer(answer))) => self.hear(ask, &answer),
            (Some(_), _) => self.asks.clear(),
            (None, _) => self.plan(moment.now),
        }
        while let Some(ask) = self.asks.pop_front() {
            if self.is_answered(&ask) {
                continue;
            }
            if self.asked >= REQUESTS_MAX {
                break;
            }
            self.asked += 1;
            let request = self.request(&ask);
            self.under_way = Some(ask);
            return Step::Ask(request);
        }
        self.ledger.looked_up()
    }
}

fn absent() -> Outcome {
    Outcome::new(Class::Absent, Reason::ConnectionFailed)
}

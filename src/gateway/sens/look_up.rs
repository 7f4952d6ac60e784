//! Finding out what became of messages: of accepted ones by the vendor's request ids, of lost ones by recipient and text.
//!
//! Invariants: a message is called absent only after the complete list of its recipient and time; every row stands for one
//! message at most; of several that fit, the one nearest to its sending is taken. What could not be asked, or whose list
//! has rows without a text, stays unasked. One message in trouble at the vendor's keeps no other from being settled.

use super::Service;
use super::encode::failover;
use super::rows::{PAGE, Row, read, read_one};
use crate::gateway::ledger::{Ledger, REQUESTS_MAX};
use crate::gateway::wire::{Target, escaped, to_second};
use crate::gateway::{Answer, Dialogue, Heard, Method, Moment, Parcel, Request, Step};
use crate::message::{Class, Outcome, Reason};
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// How far the clocks of the vendor and of this host may be apart.
const MARGIN: Duration = Duration::from_secs(600);

/// The vendor answers for windows of at most 30 days.
const WINDOW_MAX: Duration = Duration::from_secs(29 * 86_400);

/// After so many failures in a row it is the gateway that is in trouble.
const FAILURES_MAX: usize = 5;

/// A question about parcels at these places.
struct Ask {
    about: About,
    places: Vec<usize>,
    /// The page to be asked for; empty at first.
    next: String,
    rows: Vec<Row>,
}

enum About {
    Request(String),
    Message(String),
    Recipient(String),
}

impl Ask {
    fn new(about: About, places: Vec<usize>) -> Ask {
        Ask { about, places, next: String::new(), rows: Vec::new() }
    }
}

pub(super) struct LookUp {
    service: Arc<Service>,
    ledger: Ledger,
    asks: VecDeque<Ask>,
    /// The first of the asks was made.
    under_way: bool,
    planned: bool,
    asked: usize,
    /// How many questions in a row have failed.
    failed: usize,
    /// The names of messages that are known to be others'.
    taken: HashSet<String>,
}

impl LookUp {
    pub fn new(service: Arc<Service>, ledger: Ledger) -> Self {
        let taken = HashSet::new();
        let asks = VecDeque::new();
        LookUp { service, ledger, asks, under_way: false, planned: false, asked: 0, failed: 0, taken }
    }

    fn plan(&mut self) {
        let mut requests: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut recipients: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, parcel) in self.ledger.errand().parcels.iter().enumerate() {
            match parcel.reference.split('/').next().unwrap_or_default() {
                "" if parcel.left.is_some() => recipients.entry(parcel.payload.to.digits()).or_default().push(at),
                // It never left: there is nothing to ask.
                "" => {}
                request => {
                    self.taken.insert(parcel.reference.clone());
                    requests.entry(request).or_default().push(at);
                }
            }
        }
        let requests = requests.into_iter().map(|(id, places)| Ask::new(About::Request(id.to_owned()), places));
        let recipients = recipients.into_iter().map(|(to, places)| Ask::new(About::Recipient(to.to_owned()), places));
        self.asks = requests.chain(recipients).collect();
    }

    fn request(&self, ask: &Ask, moment: &Moment) -> Request {
        let target = match &ask.about {
            About::Message(id) => {
                let path = format!("/messages/{}", escaped(id));
                return self.service.request(Method::Get, &path, moment);
            }
            About::Request(id) => Target::new("/messages").with("requestId", id),
            About::Recipient(to) => {
                let left = ask.places.iter().filter_map(|at| self.ledger.parcel(*at)?.left).min();
                let from = left.unwrap_or(moment.now).before(MARGIN).max(moment.now.before(WINDOW_MAX));
                let mut target = Target::new("/messages")
                    .with("requestStartTime", &to_second(from))
                    .with("requestEndTime", &to_second(moment.now.after(MARGIN)));
                if self.service.is_alimtalk {
                    target = target.with("plusFriendId", self.ledger.errand().registration.sender_key.reveal());
                }
                target.with("to", to)
            }
        };
        let target = target.with_number("pageSize", PAGE);
        let target = if ask.next.is_empty() { target } else { target.with("nextToken", &ask.next) };
        self.service.request(Method::Get, &target.finish(), moment)
    }

    fn hear(&mut self, answer: &Answer) {
        let Some(mut ask) = self.asks.pop_front() else { return };
        let page = if matches!(ask.about, About::Message(_)) { read_one(answer) } else { read(answer) };
        let Some(page) = page else { return self.fail(&ask, answer) };
        self.failed = 0;
        ask.rows.extend(page.rows);
        if page.next.is_empty() {
            self.settle(&ask);
        } else {
            ask.next = page.next;
            self.asks.push_front(ask);
        }
    }

    /// Of a request with many messages one may be in trouble: then they are asked for one by one.
    fn fail(&mut self, ask: &Ask, answer: &Answer) {
        self.failed += 1;
        if answer.status == 429 || self.failed >= FAILURES_MAX {
            self.asks.clear();
        } else if matches!(ask.about, About::Request(_)) && ask.places.len() > 1 {
            for at in &ask.places {
                let name = self.ledger.parcel(*at).and_then(|parcel| parcel.reference.split_once('/'));
                if let Some((_, message)) = name.filter(|(_, message)| !message.is_empty()) {
                    self.asks.push_back(Ask::new(About::Message(message.to_owned()), vec![*at]));
                }
            }
        }
    }

    fn settle(&mut self, ask: &Ask) {
        let mut places = ask.places.clone();
        places.sort_by_key(|at| self.ledger.parcel(*at).and_then(|parcel| parcel.left));
        for at in places {
            let Some(parcel) = self.ledger.parcel(at) else { continue };
            let found = match &ask.about {
                About::Request(_) | About::Message(_) => ask.rows.iter().find(|row| self.is_named(row, parcel)),
                About::Recipient(_) => self.nearest(&ask.rows, parcel),
            };
            match found {
                Some(row) => {
                    self.taken.insert(self.name(row));
                    let asked = failover(parcel).is_some();
                    self.ledger.say(at, row.outcome(self.service.is_alimtalk, Some(asked)));
                }
                None if matches!(ask.about, About::Recipient(_)) && self.has_nameless(&ask.rows, parcel) => {}
                None => self.ledger.say(at, Outcome::new(Class::Absent, Reason::ConnectionFailed)),
            }
        }
    }

    /// Whether the row is the message that the parcel's reference names; a reserved one may have got its id later.
    fn is_named(&self, row: &Row, parcel: &Parcel) -> bool {
        let (request, message) = parcel.reference.split_once('/').unwrap_or((&parcel.reference, ""));
        row.request_id == request
            && (row.message_id == message || message.is_empty())
            && (row.to.is_empty() || row.to == parcel.payload.to.digits())
    }

    fn nearest<'r>(&self, rows: &'r [Row], parcel: &Parcel) -> Option<&'r Row> {
        let text = compared(self.text(parcel)?);
        let fits = |row: &&Row| {
            row.to == parcel.payload.to.digits()
                && !self.taken.contains(&self.name(row))
                && compared(&row.content) == text
        };
        let left = parcel.left.unwrap_or_default().0;
        let distance = |row: &&Row| row.taken().map_or(i64::MAX, |at| at.0.saturating_sub(left).saturating_abs());
        rows.iter().filter(fits).min_by_key(distance)
    }

    /// Whether there are messages to the parcel's recipient of which the list does not tell the text.
    fn has_nameless(&self, rows: &[Row], parcel: &Parcel) -> bool {
        let to = parcel.payload.to.digits();
        self.text(parcel).is_none() || rows.iter().any(|row| row.to == to && compared(&row.content).is_empty())
    }

    fn text<'p>(&self, parcel: &'p Parcel) -> Option<&'p str> {
        match self.service.is_alimtalk {
            true => parcel.payload.alimtalk.as_ref().map(|alimtalk| alimtalk.text.as_str()),
            false => parcel.payload.text.as_ref().map(|text| text.body.as_str()),
        }
    }

    /// Tells a row from the others. A request of text messages has one.
    fn name(&self, row: &Row) -> String {
        row.reference(self.service.is_alimtalk)
    }
}

impl Dialogue for LookUp {
    fn next(&mut self, heard: Option<Heard>, moment: &Moment) -> Step {
        if !std::mem::replace(&mut self.planned, true) {
            self.plan();
        }
        match (std::mem::take(&mut self.under_way), heard) {
            (true, Some(Heard::Answer(answer))) => self.hear(&answer),
            (true, _) => self.asks.clear(),
            (false, _) => {}
        }
        match self.asks.front() {
            Some(ask) if self.asked < REQUESTS_MAX => {
                self.under_way = true;
                self.asked += 1;
                Step::Ask(self.request(ask, moment))
            }
            _ => self.ledger.looked_up(),
        }
    }
}

/// A text without what a gateway may change in it: line ends and blanks.
fn compared(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

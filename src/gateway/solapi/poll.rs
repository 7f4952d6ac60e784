//! Polling: all messages something happened to, one page a request.
//!
//! Invariants: the cursor is ours. A pass reads every page of what was updated since the last one; the next pass begins
//! where, by the vendor's own times, this one cannot have missed anything: at the newest update seen, less what the pass
//! took where the list has another order, for an update may come when its page was read already. What is read twice is
//! reported twice. Neither clock is trusted to agree with the other.

use super::list::{self, Question, Row, verdict};
use super::{CLOCK_DIFFERENCE_MAX, Login, before};
use crate::gateway::{Dialogue, Heard, Mark, Moment, News, Reference, Report, Step};
use crate::message::{Channel, Class};
use crate::time::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How late an update may become visible.
const LAG: Duration = Duration::from_secs(2);
/// Most of a long pass that is read again; what is missed then is found when it is asked about by itself.
const AGAIN_MAX: Duration = Duration::from_secs(10);

pub(super) struct Poll {
    login: Arc<Login>,
    cursor: String,
    place: Place,
    asked: bool,
}

/// What a cursor says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    /// Where the pass begins.
    from: Timestamp,
    /// The newest update of the passes before; 0 without one.
    newest: Timestamp,
    pass: Option<Pass>,
}

/// A pass under way.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pass {
    began: Timestamp,
    /// The newest update it has seen.
    top: Timestamp,
    /// Whether all it has seen came in the order of the updates.
    sorted: bool,
    /// The page it goes on with; empty at first.
    key: String,
}

impl Place {
    /// What is no cursor of ours is as good as none.
    fn parse(cursor: &str, since: Timestamp) -> Place {
        let read = || {
            let mut parts = cursor.splitn(6, ',');
            let mut time = || Some(Timestamp(parts.next()?.parse().ok()?));
            let (from, newest) = (time()?, time()?);
            let pass = time().zip(time());
            let (sorted, key) = (parts.next() == Some("sorted"), parts.next().unwrap_or_default().to_owned());
            Some(Place { from, newest, pass: pass.map(|(began, top)| Pass { began, top, sorted, key }) })
        };
        read().unwrap_or(Place { from: before(since, CLOCK_DIFFERENCE_MAX), newest: Timestamp(0), pass: None })
    }

    fn write(&self) -> String {
        let start = format!("{},{}", self.from.0, self.newest.0);
        match &self.pass {
            Some(Pass { began, top, sorted, key }) => {
                format!("{start},{},{},{},{key}", began.0, top.0, if *sorted { "sorted" } else { "" })
            }
            None => start,
        }
    }

    /// Where the next pass begins.
    fn after(&self, pass: &Pass, now: Timestamp) -> Place {
        // Nobody's clock may be further off than this, or no request would have been answered.
        let certain = before(pass.began, CLOCK_DIFFERENCE_MAX);
        let from = if pass.top > self.newest {
            let took = if pass.sorted { Duration::ZERO } else { now.since(pass.began).min(AGAIN_MAX) };
            before(pass.top, took + LAG).max(self.from)
        } else {
            // Nothing new since a whole pass: what was read need not be read again.
            certain.max(self.from).max(Timestamp(self.newest.0.saturating_add(1)))
        };
        Place { from, newest: pass.top.max(self.newest), pass: None }
    }
}

impl Poll {
    pub fn new(login: Arc<Login>, cursor: String, since: Timestamp) -> Poll {
        let place = Place::parse(&cursor, since);
        Poll { login, cursor, place, asked: false }
    }

    fn ask(&mut self, moment: &Moment) -> Step {
        self.asked = true;
        let fresh = Pass { began: moment.now, top: Timestamp(0), sorted: true, key: String::new() };
        let pass = self.place.pass.get_or_insert(fresh);
        let question = Question::Updated { from: self.place.from, until: pass.began.after(CLOCK_DIFFERENCE_MAX) };
        Step::Ask(self.login.list(&question, &pass.key, moment))
    }

    fn heard(&mut self, heard: Option<Heard>, now: Timestamp) -> News {
        // Its page may be gone: then the pass begins anew.
        let lost_place =
            matches!(&heard, Some(Heard::Answer(answer)) if matches!(answer.status, 400 | 404 | 410 | 422));
        let page = heard.and_then(list::read).zip(self.place.pass.take());
        let Some(((list, rows), mut pass)) = page else {
            let same = std::mem::take(&mut self.cursor);
            let cursor = if lost_place && !same.is_empty() { self.place.write() } else { same };
            return News::Polled { gateway: String::new(), reports: Vec::new(), cursor, more: false, receipt: None };
        };
        // A time far ahead would end all polling.
        let latest = now.after(CLOCK_DIFFERENCE_MAX);
        let updates: Vec<Timestamp> = rows.iter().filter_map(Row::updated).filter(|time| *time <= latest).collect();
        pass.sorted &= updates.is_sorted() && updates.first().is_none_or(|first| *first >= pass.top);
        pass.top = updates.into_iter().fold(pass.top, Timestamp::max);
        let more = !list.next_key.is_empty() && list.next_key != pass.key;
        let place = if more {
            pass.key = list.next_key;
            Place { pass: Some(pass), ..self.place.clone() }
        } else {
            self.place.after(&pass, now)
        };
        News::Polled { gateway: String::new(), reports: reports(&rows), cursor: place.write(), more, receipt: None }
    }
}

/// What a page tells of messages that came to an end.
fn reports(rows: &[Row]) -> Vec<Report> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut messages: Vec<(Mark, Channel, Vec<&Row>)> = Vec::new();
    for row in rows {
        let (name, mark) = match Reference::parse(&row.custom_fields.alimi) {
            Some(reference) => (&row.custom_fields.alimi, Mark::Ours(reference)),
            None => (&row.message_id, Mark::Theirs(row.message_id.clone())),
        };
        if let Some((_, _, known)) = places.get(name.as_str()).and_then(|&place| messages.get_mut(place)) {
            known.push(row);
        } else {
            let channel = if let Mark::Ours(reference) = &mark { reference.channel } else { Channel::Alimtalk };
            places.insert(name, messages.len());
            messages.push((mark, channel, vec![row]));
        }
    }
    let report = |(mark, channel, rows): (Mark, Channel, Vec<&Row>)| {
        let outcome = verdict(&rows, channel, false)?;
        (outcome.class != Class::Pending).then_some(Report { mark, outcome })
    };
    messages.into_iter().filter_map(report).collect()
}

impl Dialogue for Poll {
    fn next(&mut self, heard: Option<Heard>, moment: &Moment) -> Step {
        if self.asked { Step::Done(Some(self.heard(heard, moment.now))) } else { self.ask(moment) }
    }
}

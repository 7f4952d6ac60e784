//! Polling: all messages something happened to, page by page.
//!
//! Invariants: the cursor is ours. A pass reads every page of what was updated since the last one; the next pass begins
//! where, by the vendor's own times, this one cannot have missed anything: at the newest update seen, less what the pass
//! took where the list has another order, for an update may come when its page was read already. What is read twice is
//! reported twice. Neither clock is trusted to agree with the other.
//!
//! A page names the next one, so that pages come one after the other, and the way to the vendor and back bounds how many.
//! Where a full page shows that the list goes by the time of the update, what is left of the time until now is cut into
//! parts that are read side by side. The last part is open, and is cut again when much has come in the meantime.

use super::list::{self, Question, Row, verdict};
use super::{CLOCK_DIFFERENCE_MAX, Login};
use crate::gateway::{Dialogue, Heard, Mark, Moment, News, Reference, Report, Step};
use crate::message::{Channel, Class};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How late an update may become visible.
const LAG: Duration = Duration::from_secs(2);
/// Most of a long pass that is read again; what is missed then is found when it is asked about by itself.
const AGAIN_MAX: Duration = Duration::from_secs(10);
/// Into how many parts a pass is cut, and the shortest that is worth a request.
const PARTS: i64 = 4;
const PART_MIN_MS: i64 = 50;

pub(super) struct Poll {
    login: Arc<Login>,
    cursor: String,
    place: Place,
    asked: bool,
}

/// What a cursor says. Times are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    /// Where the pass begins.
    from: i64,
    /// The newest update of the passes before; 0 without one.
    newest: i64,
    pass: Option<Pass>,
}

/// A pass under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Pass {
    began: i64,
    /// The newest update it has seen.
    top: i64,
    /// Whether all it has seen came in the order of the updates.
    sorted: bool,
    /// What is still to be read.
    parts: Vec<Part>,
}

/// A span of time that is read page by page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Part {
    from: i64,
    until: i64,
    /// The page it goes on with; empty at first.
    key: String,
    /// The first update it has seen, and the newest; 0 without one.
    first: i64,
    top: i64,
}

impl Part {
    fn new(from: i64, until: i64) -> Part {
        Part { from, until, key: String::new(), first: 0, top: 0 }
    }
}

/// What came of the question for a page.
enum Turned {
    /// There are more.
    On,
    /// It was the last one.
    End,
    /// It could not be read.
    Failed,
    /// It is gone, and the part has to be begun anew.
    Lost,
}

impl Place {
    /// What is no cursor of ours is as good as none.
    fn parse(cursor: &str, since: Timestamp) -> Place {
        let begin = || Place { from: since.before(CLOCK_DIFFERENCE_MAX).0, newest: 0, pass: None };
        serde_json::from_str(cursor).unwrap_or_else(|_| begin())
    }

    fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Where the next pass begins.
    fn after(&self, pass: &Pass, now: i64) -> Place {
        // Nobody's clock may be further off than this, or no request would have been answered.
        let certain = Timestamp(pass.began).before(CLOCK_DIFFERENCE_MAX).0;
        let from = if pass.top > self.newest {
            let took = if pass.sorted { 0 } else { now.saturating_sub(pass.began).clamp(0, milliseconds(AGAIN_MAX)) };
            Timestamp(pass.top).before(LAG).0.saturating_sub(took).max(self.from)
        } else {
            // Nothing new since a whole pass: what was read need not be read again.
            certain.max(self.from).max(self.newest.saturating_add(1))
        };
        Place { from, newest: pass.top.max(self.newest), pass: None }
    }
}

impl Pass {
    fn begin(from: i64, now: i64) -> Pass {
        let until = Timestamp(now).after(CLOCK_DIFFERENCE_MAX).0;
        Pass { began: now, top: 0, sorted: true, parts: vec![Part::new(from, until)] }
    }

    /// A page of the part at a place.
    fn take(&mut self, at: usize, heard: Heard, latest: i64, reports: &mut Vec<Report>) -> Turned {
        let Some(part) = self.parts.get_mut(at) else { return Turned::End };
        // Its page may be gone.
        let lost = matches!(&heard, Heard::Answer(answer) if matches!(answer.status, 400 | 404 | 410 | 422));
        let Some((list, rows)) = list::read(heard) else {
            return if lost { Turned::Lost } else { Turned::Failed };
        };
        // A time far ahead would end all polling.
        let updates = rows.iter().filter_map(Row::updated).map(|time| time.0).filter(|time| *time <= latest);
        let updates: Vec<i64> = updates.collect();
        self.sorted &= updates.is_sorted() && updates.first().is_none_or(|first| *first >= part.top);
        if part.top == 0 {
            part.first = updates.first().copied().unwrap_or_default();
        }
        part.top = updates.into_iter().fold(part.top, i64::max);
        self.top = self.top.max(part.top);
        reports.extend(self::reports(&rows));
        if list.next_key.is_empty() || list.next_key == part.key {
            return Turned::End;
        }
        part.key = list.next_key;
        Turned::On
    }

    /// Cuts the only part that is left at the newest update that was read of it, and the rest until now into parts.
    fn cut(&mut self, now: i64) {
        let [part] = &*self.parts else { return };
        let length = now.min(part.until).saturating_sub(part.top) / PARTS;
        // Without an order there is no telling what is left.
        if !self.sorted || part.top <= part.first || length < PART_MIN_MS {
            return;
        }
        // The ends of a span are its own; whoever sees it otherwise is given a millisecond more.
        let edge = |number: i64| part.top.saturating_add(length * number);
        let inner = |number| (edge(number).saturating_sub(1), edge(number + 1).saturating_add(1));
        let last = (edge(PARTS - 1).saturating_sub(1), part.until);
        let spans = (0..PARTS - 1).map(inner).chain([last]);
        self.parts = spans.map(|(from, until)| Part::new(from, until)).collect();
    }
}

fn milliseconds(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

impl Poll {
    pub fn new(login: Arc<Login>, cursor: String, since: Timestamp) -> Poll {
        let place = Place::parse(&cursor, since);
        Poll { login, cursor, place, asked: false }
    }

    fn ask(&mut self, moment: &Moment) -> Step {
        self.asked = true;
        let pass = self.place.pass.get_or_insert_with(|| Pass::begin(self.place.from, moment.now.0));
        let request = |(number, part): (usize, &Part)| {
            let question = Question::Updated { from: Timestamp(part.from), until: Timestamp(part.until) };
            // No two requests have the same signature.
            let nonce = if number == 0 { moment.nonce.clone() } else { format!("{}{number}", moment.nonce) };
            self.login.list(&question, &part.key, &Moment { nonce, ..moment.clone() })
        };
        let mut requests: Vec<_> = pass.parts.iter().enumerate().map(request).collect();
        match (requests.len(), requests.pop()) {
            (1, Some(request)) => Step::Ask(request),
            (_, last) => Step::AskAll(requests.into_iter().chain(last).collect()),
        }
    }

    fn heard(&mut self, heard: Vec<Heard>, moment: &Moment) -> News {
        let Some(mut pass) = self.place.pass.take() else { return polled(Vec::new(), self.cursor.clone(), false) };
        let latest = moment.now.after(CLOCK_DIFFERENCE_MAX).0;
        let (mut reports, mut turned) = (Vec::new(), Vec::new());
        for (at, heard) in heard.into_iter().enumerate() {
            turned.push(pass.take(at, heard, latest, &mut reports));
        }
        let whole = pass.parts.len() == 1;
        if whole && matches!(*turned, [Turned::Lost | Turned::Failed]) {
            let same = std::mem::take(&mut self.cursor);
            let lost = matches!(*turned, [Turned::Lost]) && !same.is_empty();
            return polled(reports, if lost { self.place.write() } else { same }, false);
        }
        let goes_on = turned.iter().any(|turned| matches!(turned, Turned::On));
        let mut of_parts = turned.into_iter();
        pass.parts.retain_mut(|part| match of_parts.next() {
            Some(Turned::End) => false,
            Some(Turned::Lost) => {
                *part = Part::new(part.from, part.until);
                true
            }
            _ => true,
        });
        if pass.parts.is_empty() {
            return polled(reports, self.place.after(&pass, moment.now.0).write(), false);
        }
        pass.cut(moment.now.0);
        self.place.pass = Some(pass);
        polled(reports, self.place.write(), goes_on)
    }
}

fn polled(reports: Vec<Report>, cursor: String, more: bool) -> News {
    News::Polled { gateway: String::new(), reports, cursor, more, receipt: None }
}

/// What a page tells of messages that came to an end.
fn reports(rows: &[Row]) -> Vec<Report> {
    // Another outbox with the same login may have the same reference, in a request of its own.
    let mut places: HashMap<(&str, &str), usize> = HashMap::new();
    let mut messages: Vec<(Mark, Channel, Vec<&Row>)> = Vec::new();
    for row in rows {
        let (name, mark) = match Reference::parse(&row.custom_fields.alimi) {
            Some(reference) => (&row.custom_fields.alimi, Mark::Ours(reference)),
            None => (&row.message_id, Mark::Theirs(row.message_id.clone())),
        };
        if let Some((_, _, known)) =
            places.get(&(name.as_str(), row.group_id.as_str())).and_then(|&place| messages.get_mut(place))
        {
            known.push(row);
        } else {
            let channel = if let Mark::Ours(reference) = &mark { reference.channel } else { Channel::Alimtalk };
            places.insert((name, &row.group_id), messages.len());
            messages.push((mark, channel, vec![row]));
        }
    }
    let report = |(mark, channel, rows): (Mark, Channel, Vec<&Row>)| {
        let mut outcome = verdict(&rows, channel, false)?;
        if rows.iter().all(|row| row.is_replacement()) {
            // That is the name of the text message, and not the one that the answer gave.
            outcome.reference.clear();
        }
        (outcome.class != Class::Pending).then_some(Report { mark, outcome })
    };
    messages.into_iter().filter_map(report).collect()
}

impl Dialogue for Poll {
    fn next(&mut self, heard: Option<Heard>, moment: &Moment) -> Step {
        self.after_all(heard.into_iter().collect(), moment)
    }

    fn after_all(&mut self, heard: Vec<Heard>, moment: &Moment) -> Step {
        if self.asked { Step::Done(Some(self.heard(heard, moment))) } else { self.ask(moment) }
    }
}

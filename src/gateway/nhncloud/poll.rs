//! New reports of both services, by the time at which the vendor changed the message.
//!
//! The newest minutes are an open window that is read on from where the last poll stopped, so that nothing is read again
//! while much comes in; that holds as long as new rows come last, which the vendor's documents do not say. So once they
//! are over, they are read from the beginning as a closed window: every row is read about twice, late ones included.
//!
//! Invariants: a bounded number of pages of each service per poll; a page that could not be read is asked for again by the next poll; a
//! cursor that cannot be read is begun anew; of an AlimTalk with the vendor's own fallback only its own row is believed.

use super::Service;
use super::rows::{PAGE, Page, read};
use crate::gateway::wire::{Target, to_minute, to_second};
use crate::gateway::{Answer, Dialogue, Heard, Mark, Method, Moment, News, Report, Request, Step};
use crate::message::{Channel, Class};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// No window has more pages: a vendor that always gives a full one must not keep us for ever.
const PAGES_MAX: usize = 10_000;

/// Pages of one service in one poll: under load the engine is not waited for each time in between.
const PAGES_A_POLL: usize = 13;

/// After a full page so many are asked for at the same time, for the way to the vendor and back bounds what one after the
/// other could bring.
const AT_ONCE: usize = 4;

/// How long after its end a window is closed: rows may become visible a little after their time.
const LAG: i64 = 20_000;

/// Where a service is read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    /// The beginning of the window, a full minute.
    from: i64,
    /// Its end, a full minute; `None`: it is open.
    to: Option<i64>,
    /// The page to be read, from 1.
    page: usize,
    /// How many of its rows were read before.
    skip: usize,
}

impl Place {
    fn at(from: i64) -> Place {
        Place { from: from.div_euclid(MINUTE).saturating_mul(MINUTE), to: None, page: 1, skip: 0 }
    }

    /// Closes an open window whose time is over.
    fn close(&mut self, now: i64) {
        let over = now.saturating_sub(LAG).div_euclid(MINUTE).saturating_mul(MINUTE);
        if self.to.is_none() && over > self.from {
            // The vendor answers for at most a day.
            *self = Place { to: Some(over.min(self.from.saturating_add(DAY - MINUTE))), ..Place::at(self.from) };
        }
    }

    /// After a page: where the next one is, and whether it is there already.
    fn go_on(&mut self, page: &Page) -> bool {
        let read = self.page.saturating_sub(1).saturating_mul(PAGE).saturating_add(page.rows.len());
        let more = page.rows.len() >= PAGE && page.total.is_none_or(|total| total > read);
        if more && self.page < PAGES_MAX {
            *self = Place { page: self.page.saturating_add(1), skip: 0, ..*self };
            return true;
        }
        // What comes after a closed window is there already.
        let closed = self.to.is_some();
        match self.to {
            None => self.skip = page.rows.len(),
            Some(to) => *self = Place::at(to),
        }
        closed
    }
}

pub(super) struct Poll {
    services: [Option<Arc<Service>>; 2],
    places: [Place; 2],
    /// The service that is asked.
    under_way: Option<usize>,
    /// How many pages are asked for with the next step.
    at_once: usize,
    next: usize,
    /// Pages of the present service that this poll has read.
    read: usize,
    reports: Vec<Report>,
    more: bool,
}

impl Poll {
    pub fn new(services: [Option<Arc<Service>>; 2], cursor: &str, since: Timestamp) -> Self {
        let begin = Place::at(since.0.saturating_sub(MINUTE));
        let places = serde_json::from_str(cursor).unwrap_or([begin; 2]);
        Poll { services, places, under_way: None, at_once: 1, next: 0, read: 0, reports: Vec::new(), more: false }
    }

    /// The requests for the next pages of a service.
    fn requests(&mut self, at: usize, now: i64) -> Option<Vec<Request>> {
        let (service, place) = (self.services.get(at)?.as_ref()?, self.places.get_mut(at)?);
        place.close(now);
        let to = place.to.unwrap_or(now.saturating_add(MINUTE));
        let written = if service.is_alimtalk() { to_minute } else { to_second };
        let request = |page| {
            let target = Target::new("/message-results")
                .with("startUpdateDate", &written(Timestamp(place.from)))
                .with("endUpdateDate", &written(Timestamp(to)))
                .with_number("pageNum", page)
                .with_number("pageSize", PAGE);
            service.request(Method::Get, &target.finish())
        };
        let first = place.page.max(1);
        Some((first..first.saturating_add(self.at_once)).map(request).collect())
    }

    /// Whether the page after it, if that was asked for too, is of use.
    fn hear(&mut self, at: usize, answer: &Answer) -> bool {
        let (Ok(page), Some(place)) = (read(answer), self.places.get_mut(at)) else { return self.leave(at) };
        let is_alimtalk = at == 0;
        let skip = if place.to.is_none() { place.skip } else { 0 };
        let reports = page.rows.iter().skip(skip).filter_map(|row| {
            let outcome = row.outcome(is_alimtalk);
            let mark = row.mark()?;
            // The vendor's own text message has the key of the AlimTalk, whose row tells of both: by which of them it
            // arrived, and of which AlimTalk, where others have the same key.
            let stands_in = matches!(&mark, Mark::Ours(ours) if !is_alimtalk && ours.channel == Channel::Alimtalk);
            // What is still under way is no news.
            (!stands_in && outcome.class != Class::Pending).then_some(Report { mark, outcome })
        });
        self.reports.extend(reports);
        let more = place.go_on(&page);
        let goes_on = more && place.page > 1;
        self.read += 1;
        if more && self.read < PAGES_A_POLL {
            self.next = at;
            self.at_once = if goes_on { AT_ONCE } else { 1 };
            return goes_on;
        }
        self.more |= more;
        self.leave(at)
    }

    /// On to the next service.
    fn leave(&mut self, at: usize) -> bool {
        (self.next, self.at_once, self.read) = (at.saturating_add(1), 1, 0);
        false
    }

    fn ask(&mut self, moment: &Moment) -> Step {
        while self.next < self.services.len() {
            let at = self.next;
            self.next += 1;
            if let Some(mut requests) = self.requests(at, moment.now.0) {
                self.under_way = Some(at);
                return match (requests.len(), requests.pop()) {
                    (1, Some(request)) => Step::Ask(request),
                    (_, last) => Step::AskAll(requests.into_iter().chain(last).collect()),
                };
            }
        }
        Step::Done(Some(News::Polled {
            gateway: String::new(),
            reports: std::mem::take(&mut self.reports),
            cursor: serde_json::to_string(&self.places).unwrap_or_default(),
            more: self.more,
            receipt: None,
        }))
    }
}

impl Dialogue for Poll {
    fn next(&mut self, heard: Option<Heard>, moment: &Moment) -> Step {
        self.after_all(heard.into_iter().collect(), moment)
    }

    fn after_all(&mut self, heard: Vec<Heard>, moment: &Moment) -> Step {
        if let Some(at) = self.under_way.take() {
            for heard in heard {
                let goes_on = match heard {
                    Heard::Answer(answer) => self.hear(at, &answer),
                    Heard::Failed(_) => self.leave(at),
                };
                // Behind a page that is the last, or could not be read, there is nothing.
                if !goes_on {
                    break;
                }
            }
        }
        self.ask(moment)
    }
}

//! New reports of both services, by the time at which a message was done.
//!
//! The vendor lists AlimTalks by channel only, so its channels are read first, and again now and then. Each list is read
//! by two readers: a quick one up to now, and a slow one that stays behind and reads everything once more, for rows may
//! become visible late.
//!
//! Invariants: one page of each reader per poll; a page that could not be read is asked for again by the next poll; a
//! cursor that cannot be read is begun anew.

use super::Service;
use super::rows::{PAGE, read};
use crate::gateway::wire::{Target, text, to_second};
use crate::gateway::{Answer, Dialogue, Heard, Mark, Method, Moment, News, Report, Request, Step, wire};
use crate::message::Class;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;

/// The longest window the vendor answers for is 24 hours.
const WINDOW_MAX: i64 = 23 * 60 * MINUTE;

/// How far the slow reader stays behind, and how much it reads at once at least.
const BEHIND: i64 = 2 * MINUTE;

/// How long the list of channels is good.
const CHANNELS_GOOD: i64 = 60 * MINUTE;

/// Most channels that are read.
const CHANNELS_MAX: usize = 40;

/// No window has more pages: a vendor that always names a next one must not keep us for ever.
const PAGES_MAX: u32 = 10_000;

/// A reader of one list.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Reader {
    /// From when it reads on.
    from: i64,
    /// The end of the window it is in; `None`: it is in none.
    to: Option<i64>,
    /// Names the page of the window; empty for the first.
    token: String,
    pages: u32,
}

impl Reader {
    fn at(from: i64) -> Reader {
        Reader { from, ..Reader::default() }
    }

    /// Enters a window up to `end`; `false`: there is none yet that is as long as that.
    fn enter(&mut self, end: i64, least: i64) -> bool {
        if self.to.is_none() && end.saturating_sub(self.from) >= least {
            self.to = Some(end.min(self.from.saturating_add(WINDOW_MAX)));
        }
        self.to.is_some()
    }

    /// After a page; `true`: there is more at once.
    fn go_on(&mut self, next: String, now: i64) -> bool {
        if !next.is_empty() && self.pages < PAGES_MAX {
            (self.token, self.pages) = (next, self.pages + 1);
            return true;
        }
        *self = Reader::at(self.to.unwrap_or(self.from));
        now.saturating_sub(self.from) > BEHIND + 2 * MINUTE
    }
}

/// The readers of one list.
#[derive(Clone, Serialize, Deserialize)]
struct Desk {
    /// Of AlimTalks; empty for text messages.
    channel: String,
    quick: Reader,
    slow: Reader,
}

impl Desk {
    fn at(channel: String, from: i64) -> Desk {
        Desk { channel, quick: Reader::at(from), slow: Reader::at(from) }
    }
}

#[derive(Serialize, Deserialize)]
struct Cursor {
    /// When the channels were read.
    channels_at: i64,
    /// The first is that of text messages.
    desks: Vec<Desk>,
}

#[derive(Clone, Copy)]
enum Ask {
    Channels,
    Quick(usize),
    Slow(usize),
}

pub(super) struct Poll {
    alimtalk: Arc<Service>,
    text: Option<Arc<Service>>,
    cursor: Cursor,
    /// Where readers of new channels begin.
    begin: i64,
    asks: VecDeque<Ask>,
    began: bool,
    under_way: Option<Ask>,
    reports: Vec<Report>,
    more: bool,
}

impl Poll {
    pub fn new(alimtalk: Arc<Service>, text: Option<Arc<Service>>, cursor: &str, since: Timestamp) -> Self {
        let begin = since.0.saturating_sub(MINUTE);
        let fresh = || Cursor { channels_at: i64::MIN, desks: vec![Desk::at(String::new(), begin)] };
        let cursor = serde_json::from_str(cursor).ok().filter(|cursor: &Cursor| !cursor.desks.is_empty());
        let cursor = cursor.unwrap_or_else(fresh);
        let begin = begin.max(cursor.channels_at.saturating_sub(MINUTE));
        let (asks, reports) = (VecDeque::new(), Vec::new());
        Poll { alimtalk, text, cursor, begin, asks, began: false, under_way: None, reports, more: false }
    }

    fn readers(&self) -> VecDeque<Ask> {
        (0..self.cursor.desks.len()).flat_map(|at| [Ask::Quick(at), Ask::Slow(at)]).collect()
    }

    fn request(&mut self, ask: Ask, moment: &Moment) -> Option<Request> {
        let now = moment.now.0;
        let (at, is_quick) = match ask {
            Ask::Channels => return Some(self.alimtalk.request(Method::Get, "/channels", moment)),
            Ask::Quick(at) => (at, true),
            Ask::Slow(at) => (at, false),
        };
        let service = if at == 0 { self.text.as_ref()? } else { &self.alimtalk };
        let desk = self.cursor.desks.get_mut(at)?;
        let reader = if is_quick { &mut desk.quick } else { &mut desk.slow };
        let (end, least) = if is_quick { (now, SECOND) } else { (now.saturating_sub(BEHIND), MINUTE) };
        if !reader.enter(end, least) {
            return None;
        }
        let mut target = Target::new("/messages")
            .with("completeStartTime", &to_second(Timestamp(reader.from)))
            .with("completeEndTime", &to_second(Timestamp(reader.to.unwrap_or(end))));
        if !desk.channel.is_empty() {
            target = target.with("plusFriendId", &desk.channel);
        }
        target = target.with_number("pageSize", PAGE);
        if !reader.token.is_empty() {
            target = target.with("nextToken", &reader.token);
        }
        Some(service.request(Method::Get, &target.finish(), moment))
    }

    fn hear(&mut self, ask: Ask, answer: &Answer, now: i64) {
        let (at, is_quick) = match ask {
            Ask::Channels => return self.take_channels(answer, now),
            Ask::Quick(at) => (at, true),
            Ask::Slow(at) => (at, false),
        };
        let Some(desk) = self.cursor.desks.get_mut(at) else { return };
        let reader = if is_quick { &mut desk.quick } else { &mut desk.slow };
        let Some(page) = read(answer) else {
            // The vendor may no longer know the page: the window is begun anew.
            if (400..500).contains(&answer.status) && answer.status != 429 {
                *reader = Reader::at(reader.from);
            }
            return;
        };
        let is_alimtalk = at > 0;
        // What was asked for is known to the look-up, which tells of those that a row leaves open.
        let reports = page.rows.iter().map(|row| (row.reference(is_alimtalk), row.outcome(is_alimtalk, None)));
        // What is still under way is no news.
        let news = reports.filter(|(name, outcome)| !name.is_empty() && outcome.class != Class::Pending);
        self.reports.extend(news.map(|(name, outcome)| Report { mark: Mark::Theirs(name), outcome }));
        self.more |= reader.go_on(page.next, now);
    }

    fn take_channels(&mut self, answer: &Answer, now: i64) {
        if answer.status != 200 {
            return;
        }
        // The documents show the bare list; their other lists have a name.
        let named = || wire::from_json(&answer.body).map(|Channels { channels }| channels);
        let Some(channels) = wire::from_json::<Vec<Channel>>(&answer.body).or_else(named) else { return };
        self.cursor.channels_at = now;
        for Channel { channel_id } in channels {
            let known = channel_id.is_empty() || self.cursor.desks.iter().any(|desk| desk.channel == channel_id);
            if !known && self.cursor.desks.len() <= CHANNELS_MAX {
                self.cursor.desks.push(Desk::at(channel_id, self.begin));
            }
        }
    }
}

impl Dialogue for Poll {
    fn next(&mut self, heard: Option<Heard>, moment: &Moment) -> Step {
        let now = moment.now.0;
        let asked = self.under_way.take();
        if let (Some(ask), Some(Heard::Answer(answer))) = (asked, heard) {
            self.hear(ask, &answer, now);
        }
        if !self.began {
            self.began = true;
            let old = now.saturating_sub(self.cursor.channels_at) >= CHANNELS_GOOD;
            self.asks = if old { [Ask::Channels].into() } else { self.readers() };
        } else if matches!(asked, Some(Ask::Channels)) {
            self.asks = self.readers();
        }
        while let Some(ask) = self.asks.pop_front() {
            if let Some(request) = self.request(ask, moment) {
                self.under_way = Some(ask);
                return Step::Ask(request);
            }
        }
        Step::Done(Some(News::Polled {
            gateway: String::new(),
            reports: std::mem::take(&mut self.reports),
            cursor: serde_json::to_string(&self.cursor).unwrap_or_default(),
            more: self.more,
            receipt: None,
        }))
    }
}

#[derive(Deserialize)]
struct Channels {
    channels: Vec<Channel>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Channel {
    #[serde(deserialize_with = "text")]
    channel_id: String,
}

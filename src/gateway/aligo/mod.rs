//! Aligo: AlimTalk (akv10) and SMS.
//!
//! Invariants: the vendor keeps no reference of ours and names only whole requests, so that ours for a message is the
//! request's id with a mark of the content ([`name`]); a text message has a request of its own, as has everything
//! reserved, for only whole requests can be cancelled; a lost message is found by recipient and content.

mod codes;
mod form;
mod search;
mod send;
mod templates;

use super::ledger::{Ledger, Over, not_cancelled};
use super::listing::Listings;
use super::{
    Adapter, Capabilities, Dialogue, Heard, Host, Limits, Method, News, Order, Parcel, Request, Settling, Step, Task,
    adapter, wire,
};
use crate::config::Secret;
use crate::hash::{hex, sha256};
use crate::message::{Channel, Class, Outcome, Reason};
use form::Form;
use serde::Deserialize;
use std::time::Duration;

/// The vendor's addresses: AlimTalk, text messages.
pub(super) const ADDRESSES: (&str, &str) = ("https://kakaoapi.aligo.in", "https://apis.aligo.in");

/// What it can do.
pub(super) fn capabilities() -> Capabilities {
    Capabilities {
        batch_max: 500,
        text_batch_max: 1,
        settling: Settling::Content,
        settle_after: Duration::from_secs(30),
        check_every: Duration::from_secs(10),
        found_by_its_name: true,
        poll_every: None,
        falls_back: &[Channel::Sms, Channel::Lms],
        // No limits are documented but that cancelling ends five minutes before.
        reserves: Some((Duration::from_secs(15 * 60), Duration::from_secs(30 * 86_400))),
        limits: Limits { subject_bytes_max: 44, quick_replies_max: 0, item_lists: false, ..Limits::default() },
    }
}

pub(super) struct Aligo {
    login: Login,
}

impl Aligo {
    pub(super) fn new(api_key: &Secret, user_id: &Secret) -> Self {
        Aligo { login: Login { api_key: api_key.clone(), user_id: user_id.clone() } }
    }
}

impl Adapter for Aligo {
    fn begin(&self, order: Order) -> Box<dyn Dialogue> {
        let login = self.login.clone();
        match order {
            Order::Errand(errand) => match errand.task {
                Task::Send => Box::new(send::Sending::new(login, errand)),
                Task::LookUp => Box::new(search::Search::new(login, errand)),
                Task::Cancel => Box::new(Cancelling { login, ledger: Ledger::new(errand), asked: None }),
            },
            // The vendor hands out no reports: each message is asked for.
            Order::Poll { cursor, .. } => Box::new(Over(Step::Done(Some(News::Polled {
                gateway: String::new(),
                reports: Vec::new(),
                cursor,
                more: false,
                receipt: None,
            })))),
            Order::Templates(inquiry) => Box::new(Listings::new(templates::Templates { login }, inquiry)),
            Order::Confirm { .. } => Box::new(Over(Step::Done(None))),
        }
    }
}

#[derive(Clone)]
struct Login {
    api_key: Secret,
    user_id: Secret,
}

impl Login {
    /// A form with the login in it.
    fn form(&self, channel: Channel) -> Form {
        let (key, user) = if channel == Channel::Alimtalk { ("apikey", "userid") } else { ("key", "user_id") };
        Form::new().with(key, self.api_key.reveal()).with(user, self.user_id.reveal())
    }

    /// A request for what is with the AlimTalks, or with the text messages.
    fn post(&self, channel: Channel, path: &str, form: Form) -> Request {
        let host = if channel == Channel::Alimtalk { Host::Main } else { Host::Text };
        let body = Some(form.finish());
        Request { method: Method::Post, host, target: path.to_owned(), headers: Vec::new(), body, messages: 0 }
    }
}

/// What every answer begins with: `code` of AlimTalk, `result_code` of text messages.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    #[serde(deserialize_with = "wire::number")]
    code: Option<i64>,
    #[serde(deserialize_with = "wire::number")]
    result_code: Option<i64>,
}

/// Reads an answer that says yes; otherwise what it says.
fn granted<T: for<'de> Deserialize<'de>>(heard: Heard, channel: Channel) -> Result<T, Outcome> {
    let answer = match heard {
        Heard::Answer(answer) => answer,
        Heard::Failed(failure) => return Err(adapter::unanswered(failure)),
    };
    let said = wire::from_json::<Said>(&answer.body).unwrap_or_default();
    let (code, success) = if channel == Channel::Alimtalk { (said.code, 0) } else { (said.result_code, 1) };
    match code {
        Some(code) if answer.status == 200 && code == success => {
            wire::from_json(&answer.body).ok_or_else(|| adapter::by_status(&answer))
        }
        Some(code) if answer.status < 300 => {
            let (class, reason) = codes::of_request(code);
            Err(Outcome { class, reason, ..adapter::by_status(&answer) }.with_code(code.to_string()))
        }
        _ => Err(adapter::by_status(&answer)),
    }
}

/// Our name for a message of a request: the vendor's id of the request, a mark of recipient and text, and which of those
/// that have the same it is, from 1.
fn name(mid: &str, parcel: &Parcel, channel: Channel, nth: usize) -> String {
    format!("{mid}/{}.{nth}", mark(parcel, channel))
}

/// The vendor's id of the request, and the last part of a name.
fn parts(name: &str) -> (&str, usize) {
    let (mid, rest) = name.split_once('/').unwrap_or((name, ""));
    (mid, rest.rsplit_once('.').and_then(|(_, nth)| nth.parse().ok()).unwrap_or(1))
}

fn mark(parcel: &Parcel, channel: Channel) -> String {
    hex(&sha256::<6>([parcel.payload.to.digits(), &content(parcel, channel)]))
}

/// Its text without blanks, which nobody keeps as they were.
fn content(parcel: &Parcel, channel: Channel) -> String {
    let text = match channel {
        Channel::Alimtalk => parcel.payload.alimtalk.as_ref().map(|alimtalk| &alimtalk.text),
        _ => parcel.payload.text.as_ref().map(|text| &text.body),
    };
    text.map(|text| bare(text)).unwrap_or_default()
}

fn bare(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

/// Taking reservations back, one after the other.
struct Cancelling {
    login: Login,
    ledger: Ledger,
    asked: Option<usize>,
}

impl Dialogue for Cancelling {
    fn next(&mut self, heard: Option<Heard>, _: &super::Moment) -> Step {
        let channel = self.ledger.channel();
        if let Some((at, heard)) = self.asked.take().zip(heard) {
            let said = granted::<Said>(heard, channel).map(|_| Outcome::new(Class::Ok, Reason::None));
            self.ledger.say(at, said.unwrap_or_else(|refusal| refusal));
        }
        for at in self.ledger.open().into_iter().take_while(|&at| at < super::ledger::REQUESTS_MAX) {
            let Some(parcel) = self.ledger.parcel(at) else { continue };
            let (mid, _) = parts(&parcel.reference);
            if parcel.reserve_at.is_none() || mid.is_empty() {
                self.ledger.say(at, not_cancelled());
                continue;
            }
            let path = if channel == Channel::Alimtalk { "/akv10/cancel/" } else { "/cancel/" };
            let form = self.login.form(channel).with("mid", mid);
            self.asked = Some(at);
            return Step::Ask(self.login.post(channel, path, form));
        }
        self.ledger.cancelled(&Outcome::new(Class::Transient, Reason::GatewayError))
    }
}

#[cfg(test)]
mod tests;

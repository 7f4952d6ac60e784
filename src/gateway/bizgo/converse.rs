//! The dialogues about messages: sending, repeating what was lost, asking for states, reservations and their cancelling.
//!
//! Invariants: parcels are taken one after the other, each once; a repeat says Pending where the vendor has the message
//! (before or since), something final where the content can never have been accepted, and otherwise nothing.

use super::report::{Entry, verdict};
use super::send::{body, image};
use super::{KEY_LIFE, Login, codes, served};
use crate::gateway::ledger::{Ledger, REQUESTS_MAX, Uploads, not_cancelled, upload_failed};
use crate::gateway::{
    Answer, Dialogue, Errand, Failure, Heard, Method, Moment, Parcel, Request, Step, Task, adapter, wire,
};
use crate::message::{Channel, Class, Outcome, Reason};
use serde::Deserialize;
use std::time::Duration;

/// Taken off the life of a key: the vendor may have begun to count when the request was made, not when it arrived.
const KEY_MARGIN: Duration = Duration::from_secs(600);
/// Reservations on a page.
const PAGE: usize = 1_000;

pub(super) struct Conversation {
    login: Login,
    ledger: Ledger,
    uploads: Uploads,
    at: usize,
    asked: Option<Asked>,
    requests: usize,
}

/// A request under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Upload,
    Send,
    Repeat,
    State,
    /// The reservations after this one; 0 at first.
    Reservations(i64),
    Cancel,
}

/// Why there is no request for a parcel: what is known without one, or nothing.
type Instead = Option<Outcome>;

impl Conversation {
    pub fn new(login: Login, errand: Errand) -> Conversation {
        let mut uploads = Uploads::default();
        let leaves = |parcel: &&Parcel| match errand.task {
            Task::Send => true,
            Task::LookUp => parcel.reference.is_empty() && parcel.reserve_at.is_none(),
            Task::Cancel => false,
        };
        for parcel in errand.parcels.iter().filter(leaves) {
            let of_alimtalk = errand.channel == Channel::Alimtalk;
            let text = if of_alimtalk { parcel.fallback() } else { parcel.text().map(Some) };
            if let Ok(Some(text)) = text {
                uploads.want(text);
            }
        }
        Conversation { login, ledger: Ledger::new(errand), uploads, at: 0, asked: None, requests: 0 }
    }

    fn ask(&mut self, moment: &Moment) -> Step {
        if self.requests >= REQUESTS_MAX {
            return self.end();
        }
        self.requests += 1;
        if let Some((name, bytes)) = self.uploads.next() {
            self.asked = Some(Asked::Upload);
            return Step::Ask(self.login.post("/api/comm/v1/file/mms", image(name, bytes, moment)));
        }
        while let Some(parcel) = self.ledger.parcel(self.at) {
            match self.plan(parcel, moment) {
                Ok((asked, request)) => {
                    self.asked = Some(asked);
                    return Step::Ask(request);
                }
                Err(instead) => {
                    instead.into_iter().for_each(|outcome| self.ledger.say(self.at, outcome));
                    self.at += 1;
                }
            }
        }
        self.end()
    }

    fn end(&mut self) -> Step {
        // What nothing was said about was never asked for.
        let rest = adapter::unanswered(Failure::Waited);
        match self.ledger.errand().task {
            Task::Send => self.ledger.answered(&rest),
            Task::LookUp => self.ledger.looked_up(),
            Task::Cancel => self.ledger.cancelled(&rest),
        }
    }

    fn plan(&self, parcel: &Parcel, moment: &Moment) -> Result<(Asked, Request), Instead> {
        let Names { reservation, message } = Names::of(&parcel.reference);
        match self.ledger.errand().task {
            Task::Send => self.send(parcel).map(|request| (Asked::Send, request)).map_err(Some),
            Task::Cancel if reservation.is_empty() => Err(Some(not_cancelled())),
            Task::Cancel => {
                let target = format!("/api/comm/v1/reservation/resvKey/{}/cancel", wire::escaped(reservation));
                Ok((Asked::Cancel, self.login.request(Method::Post, target)))
            }
            Task::LookUp if parcel.reference.is_empty() => self.settle(parcel, moment),
            // Nothing happens before its time, and without its name the report has to tell.
            Task::LookUp if message.is_empty() || parcel.reserve_at.is_some_and(|at| moment.now < at) => {
                Err(Some(Outcome::new(Class::Pending, Reason::None)))
            }
            Task::LookUp => {
                let target = format!("/api/comm/v1/message/inquiry/msgKey/{}", wire::escaped(message));
                Ok((Asked::State, self.login.request(Method::Get, target)))
            }
        }
    }

    fn send(&self, parcel: &Parcel) -> Result<Request, Outcome> {
        let body = body(self.ledger.errand(), parcel, &self.uploads)?;
        let path = if parcel.reserve_at.is_some() { "/api/comm/v1/reservation" } else { "/api/comm/v1/send/omni" };
        Ok(Request { messages: 1, ..self.login.post(path, body) })
    }

    /// How a lost message is settled.
    fn settle(&self, parcel: &Parcel, moment: &Moment) -> Result<(Asked, Request), Instead> {
        let uncertain = || Some(Outcome::new(Class::Uncertain, Reason::AnswerLost));
        if parcel.reserve_at.is_some() {
            return Ok((Asked::Reservations(0), self.reservations(parcel, 0)));
        }
        let left = parcel.left.ok_or_else(uncertain)?;
        if moment.now.since(left) >= KEY_LIFE.saturating_sub(KEY_MARGIN) {
            return Err(uncertain());
        }
        // What cannot be built now was not built then either, unless it is an image that did not go up this time.
        self.send(parcel).map(|request| (Asked::Repeat, request)).map_err(certain)
    }

    fn reservations(&self, parcel: &Parcel, after: i64) -> Request {
        let time = parcel.reserve_at.map(wire::to_second).unwrap_or_default();
        let target = wire::Target::new("/api/comm/v1/reservation/list").with("resvSendTime", &time);
        let target = target.with_number("limit", PAGE);
        let target = if after == 0 { target } else { target.with_number("lastSeq", after) };
        self.login.request(Method::Get, target.finish())
    }

    fn uploaded(&mut self, heard: Heard) {
        self.uploads.note(match heard {
            Heard::Failed(failure) => Err(upload_failed(adapter::unanswered(failure))),
            Heard::Answer(answer) => match served::<File>(&answer).map(|service| service.data.file_key) {
                Ok(key) if !key.is_empty() => Ok(key),
                Ok(_) => Err(upload_failed(adapter::by_status(&answer))),
                Err(outcome) => Err(upload_failed(outcome)),
            },
        });
    }

    /// What was heard about the parcel whose turn it is; `true`: nothing more is asked about it.
    fn heard(&mut self, asked: Asked, heard: Heard, moment: &Moment) -> bool {
        let Some(parcel) = self.ledger.parcel(self.at) else { return true };
        let outcome = match (asked, heard) {
            (Asked::Upload, heard) => {
                self.uploaded(heard);
                return false;
            }
            (Asked::Send, Heard::Failed(failure)) => Some(adapter::unanswered(failure)),
            (Asked::Send, Heard::Answer(answer)) => Some(accepted(&answer, parcel)),
            (Asked::Repeat, Heard::Answer(answer)) => certain(accepted(&answer, parcel)),
            (Asked::State, Heard::Answer(answer)) => state(&answer, parcel, self.ledger.channel()),
            (Asked::Cancel, Heard::Failed(failure)) => Some(adapter::unanswered(failure)),
            (Asked::Cancel, Heard::Answer(answer)) => {
                let done = served::<serde::de::IgnoredAny>(&answer);
                Some(done.map_or_else(|refusal| refusal, |_| Outcome::new(Class::Ok, Reason::None)))
            }
            (Asked::Reservations(after), Heard::Answer(answer)) => {
                let Ok(page) = served::<Reservations>(&answer) else { return true };
                match page.data.find(&parcel.reference(self.ledger.channel()).to_string(), after) {
                    Found::Here(key) => {
                        Some(Outcome::new(Class::Pending, Reason::None).with_reference(Names::reserved(key, "")))
                    }
                    Found::PerhapsAfter(next) => {
                        self.asked = Some(Asked::Reservations(next));
                        return false;
                    }
                    Found::Unclear => None,
                    // What was carried out may be gone from the list.
                    Found::Nowhere if parcel.reserve_at.is_some_and(|at| at <= moment.now) => {
                        Some(Outcome::new(Class::Uncertain, Reason::AnswerLost))
                    }
                    Found::Nowhere => Some(Outcome::new(Class::Absent, Reason::ConnectionFailed)),
                }
            }
            (Asked::Repeat | Asked::State | Asked::Reservations(_), Heard::Failed(_)) => None,
        };
        outcome.into_iter().for_each(|outcome| self.ledger.say(self.at, outcome));
        true
    }
}

impl Dialogue for Conversation {
    fn next(&mut self, heard: Option<Heard>, moment: &Moment) -> Step {
        let Some(asked) = self.asked.take() else { return self.ask(moment) };
        let Some(heard) = heard else { return self.end() };
        if self.heard(asked, heard, moment) {
            self.at += 1;
        } else if let (Some(Asked::Reservations(after)), Some(parcel)) = (self.asked, self.ledger.parcel(self.at)) {
            let request = self.reservations(parcel, after);
            self.requests += 1;
            return if self.requests > REQUESTS_MAX { self.end() } else { Step::Ask(request) };
        }
        self.ask(moment)
    }
}

/// What a repeat settles: that the vendor has it, or that its content can never have been taken. Everything else may have
/// changed since the first time, so that it says nothing about it.
fn certain(outcome: Outcome) -> Instead {
    match outcome.class {
        Class::Ok | Class::Pending => Some(Outcome { class: Class::Pending, ..outcome }),
        Class::Permanent => Some(outcome),
        _ => None,
    }
}

fn accepted(answer: &Answer, parcel: &Parcel) -> Outcome {
    let service = match served::<Destinations>(answer) {
        Ok(service) => service,
        Err(refusal) if refusal.vendor_code == "A301" => {
            return Outcome { class: Class::Pending, reason: Reason::None, ..refusal };
        }
        Err(refusal) => return refusal,
    };
    let Some(one) = service.data.destinations.first().filter(|_| service.data.destinations.len() == 1) else {
        return adapter::by_status(answer);
    };
    let outcome = match (one.code.as_str(), codes::of_service(&one.code)) {
        ("A000", _) => Outcome::new(Class::Ok, Reason::None),
        ("A301", _) => Outcome::new(Class::Pending, Reason::None),
        (_, Some((class, reason))) => Outcome::new(class, reason),
        (_, None) => Outcome::new(Class::Uncertain, Reason::GatewayError),
    };
    // The answer to a repeat may name the repeat, and not the message that was taken before it.
    let message = if one.code == "A301" { "" } else { &one.msg_key };
    let reference = match parcel.reserve_at {
        None => message.to_owned(),
        Some(_) if service.resv_key.is_empty() => Names::reserved(&service.data.resv_key, message),
        Some(_) => Names::reserved(&service.resv_key, message),
    };
    outcome.with_code(one.code.as_str()).with_reference(reference)
}

fn state(answer: &Answer, parcel: &Parcel, channel: Channel) -> Option<Outcome> {
    match served::<States>(answer) {
        Ok(service) => {
            let entries: Vec<&Entry> = service.data.messages.iter().collect();
            Some(verdict(&entries, channel == Channel::Alimtalk, parcel.falls_back).with_reference(&*parcel.reference))
        }
        // It was accepted, so the vendor will know it again.
        Err(refusal) if refusal.vendor_code == "A820" => Some(Outcome::new(Class::Pending, Reason::None)),
        Err(_) => None,
    }
}

/// The vendor's names for a message as they stand in its reference: `msgKey`, or for a reservation `resvKey:msgKey`.
struct Names<'a> {
    reservation: &'a str,
    message: &'a str,
}

impl Names<'_> {
    fn of(reference: &str) -> Names<'_> {
        let (reservation, message) = reference.split_once(':').unwrap_or(("", reference));
        Names { reservation, message }
    }

    fn reserved(reservation: &str, message: &str) -> String {
        format!("{reservation}:{message}")
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Destinations {
    #[serde(deserialize_with = "wire::part")]
    destinations: Vec<Destination>,
    #[serde(deserialize_with = "wire::text")]
    resv_key: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Destination {
    #[serde(deserialize_with = "wire::text")]
    msg_key: String,
    #[serde(deserialize_with = "wire::text")]
    code: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct States {
    #[serde(deserialize_with = "wire::part")]
    messages: Vec<Entry>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct File {
    #[serde(deserialize_with = "wire::text")]
    file_key: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reservations {
    #[serde(deserialize_with = "wire::number")]
    last_seq: Option<i64>,
    #[serde(deserialize_with = "wire::truth")]
    has_next: Option<bool>,
    reservations: Option<Vec<Reservation>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reservation {
    #[serde(deserialize_with = "wire::text")]
    resv_key: String,
    #[serde(deserialize_with = "wire::text")]
    resv_name: String,
    #[serde(deserialize_with = "wire::text")]
    status: String,
}

/// Where a reservation stands in the list.
enum Found<'a> {
    Here(&'a str),
    PerhapsAfter(i64),
    Nowhere,
    Unclear,
}

impl Reservations {
    fn find(&self, name: &str, after: i64) -> Found<'_> {
        let Some(rows) = &self.reservations else { return Found::Unclear };
        let own = |row: &&Reservation| row.resv_name == name && row.status != "CANCELLED" && !row.resv_key.is_empty();
        match (rows.iter().find(own), self.has_next, self.last_seq) {
            (Some(row), _, _) => Found::Here(&row.resv_key),
            (None, Some(true), Some(last)) if last != after => Found::PerhapsAfter(last),
            (None, Some(false), _) => Found::Nowhere,
            (None, _, _) => Found::Unclear,
        }
    }
}

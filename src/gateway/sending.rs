//! The dialogue of a send at vendors whose requests carry one time of reservation and one set of images for all messages.
//!
//! Invariants: every image goes up once per dialogue; nothing is sent with an image missing; parcels without the content
//! their channel needs are never sent; after a fault of the gateway nothing more is sent, so a dialogue ends in time.

use super::adapter::unanswered;
use super::ledger::{Ledger, REQUESTS_MAX, Uploads, refused_content, upload_failed};
use super::{Answer, Dialogue, Errand, Failure, Heard, Moment, Parcel, Request, Step};
use crate::message::{Channel, Class, Image, Outcome, Reason};
use crate::time::Timestamp;
use std::collections::VecDeque;

const MINUTE_MS: i64 = 60_000;

/// What one request carries.
pub(super) struct Load {
    /// Which parcels of the errand.
    pub places: Vec<usize>,
    /// When the gateway is to deliver them: a full minute, the finest that vendors know.
    pub reserve_at: Option<Timestamp>,
    /// The vendor's names of the images.
    pub files: Vec<String>,
}

impl Load {
    /// Its parcels.
    pub fn parcels<'a>(&'a self, errand: &'a Errand) -> impl Iterator<Item = &'a Parcel> {
        self.places.iter().filter_map(|at| errand.parcels.get(*at))
    }

    /// The first of them.
    pub fn first<'a>(&'a self, errand: &'a Errand) -> Option<&'a Parcel> {
        self.parcels(errand).next()
    }
}

/// A vendor's part in it.
pub(super) trait Sender {
    /// Whether one request can carry both; reservation and images are looked at elsewhere.
    fn together(&self, channel: Channel, one: &Parcel, other: &Parcel) -> bool;
    /// Sends an image up.
    fn upload(&self, name: &str, bytes: &[u8], moment: &Moment) -> Request;
    /// The vendor's name of the image, or what its refusal means.
    fn uploaded(&self, answer: &Answer) -> Result<String, Outcome>;
    /// Sends the messages.
    fn send(&self, errand: &Errand, load: &Load, moment: &Moment) -> Request;
    /// Whether the answer refuses all for what may be the fault of one, so that parts are to be tried.
    fn splits(&self, _: &Answer) -> bool {
        false
    }
    /// What the answer means, in the order of the load's parcels.
    fn judge(&self, errand: &Errand, load: &Load, answer: &Answer) -> Vec<Outcome>;
}

/// The dialogue.
pub(super) struct Sending<S> {
    vendor: S,
    ledger: Ledger,
    uploads: Uploads,
    loads: VecDeque<Load>,
    asked: usize,
    under_way: UnderWay,
}

enum UnderWay {
    /// It has not begun.
    Nothing,
    Upload,
    Send(Load),
}

impl<S: Sender> Sending<S> {
    pub fn new(vendor: S, ledger: Ledger) -> Self {
        let (uploads, loads) = (Uploads::default(), VecDeque::new());
        Sending { vendor, ledger, uploads, loads, asked: 0, under_way: UnderWay::Nothing }
    }

    fn plan(&mut self, now: Timestamp) {
        let channel = self.ledger.channel();
        for at in self.ledger.open() {
            let errand = self.ledger.errand();
            let Some(parcel) = errand.parcels.get(at) else { continue };
            let Some(images) = images(channel, parcel) else {
                self.ledger.say(at, refused_content());
                continue;
            };
            let reserve_at = parcel.reserve_at.filter(|at| *at > now).map(next_minute);
            let fits = |load: &&mut Load| {
                load.reserve_at == reserve_at
                    && load.first(errand).is_some_and(|first| {
                        self.vendor.together(channel, first, parcel) && self::images(channel, first) == Some(images)
                    })
            };
            match self.loads.iter_mut().rev().find(fits) {
                Some(load) => load.places.push(at),
                None => self.loads.push_back(Load { places: vec![at], reserve_at, files: Vec::new() }),
            }
            if let Some(text) = parcel.payload.text.as_ref().filter(|_| channel == Channel::Mms) {
                self.uploads.want(text);
            }
        }
    }

    fn hear(&mut self, heard: Heard) {
        let fault = fault(&heard);
        match (std::mem::replace(&mut self.under_way, UnderWay::Nothing), heard) {
            (UnderWay::Send(load), Heard::Answer(answer)) if load.places.len() > 1 && self.vendor.splits(&answer) => {
                for part in load.places.chunks(load.places.len().div_ceil(2)).rev() {
                    let part = Load { places: part.to_vec(), files: Vec::new(), ..load };
                    self.loads.push_front(part);
                }
            }
            (UnderWay::Send(load), Heard::Answer(answer)) => {
                let outcomes = self.vendor.judge(self.ledger.errand(), &load, &answer);
                for (at, outcome) in load.places.iter().zip(outcomes) {
                    self.ledger.say(*at, outcome);
                }
            }
            (UnderWay::Send(load), Heard::Failed(failure)) => self.ledger.say_all(&load.places, &unanswered(failure)),
            (UnderWay::Upload, Heard::Answer(answer)) => {
                self.uploads.note(self.vendor.uploaded(&answer).map_err(upload_failed));
            }
            (UnderWay::Upload, Heard::Failed(failure)) => self.uploads.note(Err(upload_failed(unanswered(failure)))),
            (UnderWay::Nothing, _) => {}
        }
        if let Some(outcome) = fault {
            self.stop(&outcome);
        }
    }

    /// What is left is not sent in this dialogue.
    fn stop(&mut self, outcome: &Outcome) {
        for load in std::mem::take(&mut self.loads) {
            self.ledger.say_all(&load.places, outcome);
        }
    }

    fn ask(&mut self, moment: &Moment) -> Option<Request> {
        if self.loads.is_empty() {
            return None;
        }
        if let Some((name, bytes)) = self.uploads.next() {
            self.under_way = UnderWay::Upload;
            return Some(self.vendor.upload(name, bytes, moment));
        }
        while let Some(mut load) = self.loads.pop_front() {
            let text = load.first(self.ledger.errand()).and_then(|parcel| parcel.payload.text.as_ref());
            match text.map(|text| self.uploads.names(text)).filter(|_| self.ledger.channel() == Channel::Mms) {
                Some(Err(outcome)) => self.ledger.say_all(&load.places, &outcome),
                files => {
                    let files = files.and_then(Result::ok).unwrap_or_default();
                    load.files = files.into_iter().map(str::to_owned).collect();
                    let request = self.vendor.send(self.ledger.errand(), &load, moment);
                    self.under_way = UnderWay::Send(load);
                    return Some(request);
                }
            }
        }
        None
    }
}

impl<S: Sender> Dialogue for Sending<S> {
    fn next(&mut self, heard: Option<Heard>, moment: &Moment) -> Step {
        match heard {
            Some(heard) => self.hear(heard),
            None => self.plan(moment.now),
        }
        self.asked += 1;
        if self.asked > REQUESTS_MAX {
            self.stop(&unanswered(Failure::Waited));
        }
        match self.ask(moment) {
            Some(request) => Step::Ask(request),
            None => self.ledger.answered(&Outcome::new(Class::Uncertain, Reason::AnswerLost)),
        }
    }
}

/// The images that go with a parcel; `None`: it lacks what its channel needs.
fn images(channel: Channel, parcel: &Parcel) -> Option<&[Image]> {
    if channel == Channel::Alimtalk {
        return parcel.alimtalk().ok().map(|_| [].as_slice());
    }
    let text = parcel.text().ok().filter(|text| text.channel == channel)?;
    text.images.iter().all(|image| !image.bytes.is_empty()).then_some(text.images.as_slice())
}

/// What an answer that shows a fault of the gateway means for what was not sent yet.
fn fault(heard: &Heard) -> Option<Outcome> {
    let (answer, reason) = match heard {
        Heard::Failed(Failure::Waited) => return Some(unanswered(Failure::Waited)),
        Heard::Failed(Failure::NotSent | Failure::Lost) => return Some(unanswered(Failure::NotSent)),
        Heard::Answer(answer) if answer.status == 429 => (answer, Reason::Throttled),
        Heard::Answer(answer) if answer.status >= 500 => (answer, Reason::GatewayError),
        Heard::Answer(_) => return None,
    };
    Some(Outcome { retry_after: answer.retry_after, ..Outcome::new(Class::Transient, reason) })
}

/// Not before the time that was asked for.
fn next_minute(time: Timestamp) -> Timestamp {
    let minutes = time.0.div_euclid(MINUTE_MS) + i64::from(time.0.rem_euclid(MINUTE_MS) > 0);
    Timestamp(minutes.saturating_mul(MINUTE_MS))
}

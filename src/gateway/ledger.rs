//! The words of an errand as a dialogue finds them.
//!
//! Invariants: the news has exactly one word for each parcel (of a look-up: a word, or its id among the unasked); the
//! first word about a parcel stays.

use super::{Dialogue, Errand, Heard, Moment, News, Parcel, Step, Task};
use crate::message::{Alimtalk, Channel, Class, Outcome, Reason, Text};
use std::collections::HashMap;
use std::sync::Arc;

/// Most requests of one dialogue; what is left then is asked about in another one.
pub(super) const REQUESTS_MAX: usize = 150;

/// An errand and what has been said about its parcels.
pub(super) struct Ledger {
    errand: Errand,
    outcomes: Vec<Option<Outcome>>,
}

impl Ledger {
    pub fn new(errand: Errand) -> Ledger {
        let outcomes = vec![None; errand.parcels.len()];
        Ledger { errand, outcomes }
    }

    pub fn errand(&self) -> &Errand {
        &self.errand
    }

    pub fn channel(&self) -> Channel {
        self.errand.channel
    }

    /// The parcel at a place.
    pub fn parcel(&self, at: usize) -> Option<&Parcel> {
        self.errand.parcels.get(at)
    }

    /// Whether nothing has been said about the parcel at a place.
    pub fn is_open(&self, at: usize) -> bool {
        matches!(self.outcomes.get(at), Some(None))
    }

    /// The places nothing has been said about.
    pub fn open(&self) -> Vec<usize> {
        (0..self.outcomes.len()).filter(|&at| self.is_open(at)).collect()
    }

    /// Says it of the parcel at a place.
    pub fn say(&mut self, at: usize, outcome: Outcome) {
        if let Some(place @ None) = self.outcomes.get_mut(at) {
            *place = Some(outcome);
        }
    }

    /// Says the same of every parcel at these places.
    pub fn say_all(&mut self, places: &[usize], outcome: &Outcome) {
        for &at in places {
            self.say(at, outcome.clone());
        }
    }

    /// The next parcel from a place on of which the vendor can be asked to take its reservation back, with the name that
    /// `named` finds in its reference; of those without one it is said that it cannot.
    pub fn next_to_cancel<T>(&mut self, next: &mut usize, named: impl Fn(&str) -> Option<T>) -> Option<(usize, T)> {
        while let Some(parcel) = self.parcel(*next).filter(|_| *next < REQUESTS_MAX) {
            let at = *next;
            *next += 1;
            match named(&parcel.reference) {
                Some(name) => return Some((at, name)),
                None => self.say(at, not_cancelled()),
            }
        }
        None
    }

    /// The end of a send; `rest`: of those nothing was said about.
    pub fn answered(&mut self, rest: &Outcome) -> Step {
        let (words, _) = self.words(Some(rest));
        Step::Done(Some(News::Answered { gateway: self.errand.gateway.clone(), words }))
    }

    /// The end of a look-up.
    pub fn looked_up(&mut self) -> Step {
        let (words, unasked) = self.words(None);
        Step::Done(Some(News::LookedUp { words, unasked }))
    }

    /// The end of cancelling; `rest`: of those nothing was said about.
    pub fn cancelled(&mut self, rest: &Outcome) -> Step {
        let (words, _) = self.words(Some(rest));
        Step::Done(Some(News::Cancelled(words)))
    }

    /// The end of an errand of which nothing can be asked; `rest`: what that means for a message to be sent.
    pub fn unable(&mut self, rest: &Outcome) -> Step {
        match self.errand.task {
            Task::Send => self.answered(rest),
            Task::LookUp => self.looked_up(),
            Task::Cancel => self.cancelled(rest),
        }
    }

    fn words(&mut self, rest: Option<&Outcome>) -> (Vec<super::Word>, Vec<i64>) {
        let mut words = Vec::with_capacity(self.outcomes.len());
        let mut unasked = Vec::new();
        for (parcel, outcome) in self.errand.parcels.iter().zip(&mut self.outcomes) {
            match outcome.take().or_else(|| rest.cloned()) {
                Some(outcome) => words.push(self.errand.word(parcel, outcome)),
                None => unasked.push(parcel.id),
            }
        }
        (words, unasked)
    }
}

impl Parcel {
    /// Its AlimTalk; damaged content has none.
    pub(super) fn alimtalk(&self) -> Result<&Alimtalk, Outcome> {
        self.payload.alimtalk.as_ref().ok_or_else(refused_content)
    }

    /// Its text message, with an image where it is an MMS; damaged content has none.
    pub(super) fn text(&self) -> Result<&Text, Outcome> {
        let whole = |text: &&Text| (text.channel == Channel::Mms) != text.images.is_empty();
        self.payload.text.as_ref().filter(whole).ok_or_else(refused_content)
    }

    /// The text message the gateway is to send should the AlimTalk not be delivered.
    pub(super) fn fallback(&self) -> Result<Option<&Text>, Outcome> {
        if self.falls_back { self.text().map(Some) } else { Ok(None) }
    }
}

/// It cannot be sent as it is.
pub(super) fn refused_content() -> Outcome {
    Outcome::new(Class::Permanent, Reason::ContentRefused)
}

/// The gateway cannot take back a single message.
pub(super) fn not_cancelled() -> Outcome {
    Outcome::new(Class::Permanent, Reason::GatewayConfiguration)
}

/// What a failed upload of an image means for its messages: nothing of them was sent.
pub(super) fn upload_failed(outcome: Outcome) -> Outcome {
    match outcome.class {
        Class::Uncertain | Class::Ok | Class::Pending => {
            Outcome { class: Class::Transient, reason: Reason::GatewayError, ..outcome }
        }
        _ => outcome,
    }
}

/// The images of an errand on their way to a gateway that wants them first: each once.
#[derive(Default)]
pub(super) struct Uploads {
    waiting: Vec<(String, Arc<[u8]>)>,
    done: HashMap<Arc<[u8]>, Result<String, Outcome>>,
}

impl Uploads {
    /// Another message's images.
    pub fn want(&mut self, text: &Text) {
        for (name, image) in super::wire::images(text) {
            if !self.waiting.iter().any(|(_, known)| *known == image) {
                self.waiting.push((name, image));
            }
        }
    }

    /// The next one to be uploaded.
    pub fn next(&self) -> Option<&(String, Arc<[u8]>)> {
        self.waiting.last().filter(|_| self.done.len() < REQUESTS_MAX)
    }

    /// What became of it: the gateway's name for it, or why there is none.
    pub fn note(&mut self, result: Result<String, Outcome>) {
        if let Some((_, image)) = self.waiting.pop() {
            self.done.insert(image, result);
        }
    }

    /// The gateway's names for a message's images.
    pub fn names(&self, text: &Text) -> Result<Vec<&str>, Outcome> {
        let name = |(_, image): (String, Arc<[u8]>)| match self.done.get(&image) {
            Some(Ok(name)) => Ok(name.as_str()),
            Some(Err(outcome)) => Err(outcome.clone()),
            None => Err(Outcome::new(Class::Transient, Reason::GatewayError)),
        };
        super::wire::images(text).into_iter().map(name).collect()
    }
}

/// A dialogue without a request.
pub(super) struct Over(pub Step);

impl Dialogue for Over {
    fn next(&mut self, _: Option<Heard>, _: &Moment) -> Step {
        std::mem::replace(&mut self.0, Step::Done(None))
    }
}

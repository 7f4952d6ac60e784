//! Reports and states: what the vendor tells of each channel that was tried.
//!
//! Invariants: one message that fell back at the gateway is several entries, which [`verdict`] takes together; a batch of
//! reports is confirmed by the engine, never here.

use super::{codes, send, served};
use crate::gateway::{Dialogue, Heard, Mark, Moment, News, Reference, Report, Request, Step, adapter, wire};
use crate::message::{Class, Outcome};
use serde::Deserialize;
use std::collections::HashMap;

/// A report, or an entry of a message's state.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Entry {
    #[serde(deserialize_with = "wire::text")]
    msg_key: String,
    #[serde(deserialize_with = "wire::text")]
    service_type: String,
    #[serde(deserialize_with = "wire::text")]
    response_code: String,
    #[serde(deserialize_with = "wire::text")]
    report_code: String,
    #[serde(rename = "ref", deserialize_with = "wire::text")]
    reference: String,
}

impl Entry {
    fn is_alimtalk(&self) -> bool {
        self.service_type.eq_ignore_ascii_case("ALIMTALK")
    }

    /// Of the channel the message was sent by first; what says nothing of its channel is that one.
    fn is_own(&self, of_alimtalk: bool) -> bool {
        self.service_type.is_empty() || self.is_alimtalk() == of_alimtalk
    }

    fn outcome(&self) -> Outcome {
        let refused = codes::of_service(&self.response_code).filter(|_| self.report_code.is_empty());
        let (code, (class, reason)) = match refused {
            Some(meaning) => (&self.response_code, meaning),
            None => (&self.report_code, codes::of_report(&self.report_code, self.is_alimtalk())),
        };
        Outcome::new(class, reason).with_code(code.as_str())
    }
}

/// What all entries of one message say together.
pub(super) fn verdict(entries: &[&Entry], of_alimtalk: bool, falls_back: bool) -> Outcome {
    let own = entries.iter().find(|entry| entry.is_own(of_alimtalk)).map(|entry| entry.outcome());
    let text = entries.iter().find(|entry| of_alimtalk && !entry.is_own(true)).map(|entry| entry.outcome());
    let key = entries.first().map(|entry| entry.msg_key.as_str()).unwrap_or_default();
    adapter::together(own, text, falls_back).with_reference(key)
}

pub(super) struct Poll {
    request: Option<Request>,
    cursor: String,
}

impl Poll {
    pub fn new(request: Request, cursor: String) -> Poll {
        Poll { request: Some(request), cursor }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Batch {
    #[serde(deserialize_with = "wire::text")]
    report_id: String,
    #[serde(deserialize_with = "wire::part")]
    report: Vec<Entry>,
}

impl Dialogue for Poll {
    fn next(&mut self, heard: Option<Heard>, _: &Moment) -> Step {
        if let Some(request) = self.request.take() {
            return Step::Ask(request);
        }
        let batch = match heard {
            Some(Heard::Answer(answer)) => served::<Batch>(&answer).map(|service| service.data).unwrap_or_default(),
            _ => Batch::default(),
        };
        let receipt = (!batch.report_id.is_empty()).then_some(batch.report_id);
        Step::Done(Some(News::Polled {
            gateway: String::new(),
            reports: reports(&batch.report),
            cursor: std::mem::take(&mut self.cursor),
            more: receipt.is_some(),
            receipt,
        }))
    }
}

/// What a batch tells of messages that came to an end.
fn reports(entries: &[Entry]) -> Vec<Report> {
    let mut places: HashMap<(&str, &str), usize> = HashMap::new();
    let mut messages: Vec<Vec<&Entry>> = Vec::new();
    for entry in entries {
        let place = *places.entry((&entry.msg_key, &entry.reference)).or_insert(messages.len());
        match messages.get_mut(place) {
            Some(known) => known.push(entry),
            None => messages.push(vec![entry]),
        }
    }
    messages.iter().filter_map(|entries| report(entries)).collect()
}

fn report(entries: &[&Entry]) -> Option<Report> {
    let first = entries.first()?;
    let plain = first.reference.strip_suffix(send::FALLS_BACK);
    let reference = Reference::parse(plain.unwrap_or(&first.reference));
    // Without our reference it may have been an AlimTalk first; that a text stood in for one means nothing where none did.
    let of_alimtalk = reference.as_ref().is_none_or(|ours| ours.channel == crate::message::Channel::Alimtalk);
    let outcome = verdict(entries, of_alimtalk, plain.is_some());
    let mark = reference.map_or_else(|| Mark::Theirs(first.msg_key.clone()), Mark::Ours);
    (outcome.class != Class::Pending).then_some(Report { mark, outcome })
}

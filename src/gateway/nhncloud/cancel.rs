//! Taking back reservations.
//!
//! Invariants: one message per request, so that every answer speaks of exactly one; only what the vendor calls cancelled
//! is.

use super::send::USER;
use super::{Header, Service, codes};
use crate::gateway::adapter::{by_status, unanswered};
use crate::gateway::ledger::{Ledger, not_cancelled};
use crate::gateway::wire::{Target, escaped, number, part, to_json};
use crate::gateway::{Answer, Dialogue, Failure, Heard, Method, Moment, Request, Step, wire};
use crate::message::{Class, Outcome, Reason};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(super) struct Cancel {
    service: Arc<Service>,
    ledger: Ledger,
    /// The place of the next parcel.
    next: usize,
    under_way: Option<usize>,
}

impl Cancel {
    pub fn new(service: Arc<Service>, ledger: Ledger) -> Self {
        Cancel { service, ledger, next: 0, under_way: None }
    }

    fn request(&self, request_id: &str, recipient_seq: &str) -> Request {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Cancelling<'a> {
            reservation_list: [Reservation<'a>; 1],
            update_user: &'a str,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Reservation<'a> {
            request_id: &'a str,
            recipient_seq: i64,
        }
        if self.service.is_alimtalk() {
            let path = format!("/messages/{}", escaped(request_id));
            let target = Target::new(path).with("recipientSeq", recipient_seq).finish();
            return self.service.request(Method::Delete, &target);
        }
        let recipient_seq = recipient_seq.parse().unwrap_or_default();
        let body = Cancelling { reservation_list: [Reservation { request_id, recipient_seq }], update_user: USER };
        let body = Some(to_json(super::CONTENT_TYPE, &body));
        Request { body, ..self.service.request(Method::Put, "/reservations/cancel") }
    }

    fn judge(&self, answer: &Answer) -> Outcome {
        let code_of = if self.service.is_alimtalk() { codes::alimtalk } else { codes::text };
        match wire::from_json::<Cancelled>(&answer.body) {
            Some(said) if (200..300).contains(&answer.status) => match said.header.code() {
                Some(0) if said.body.cancelled() == Some(0) => not_cancelled(),
                Some(0) => Outcome::new(Class::Ok, Reason::None),
                Some(code) => {
                    let (class, reason) = code_of(code);
                    Outcome::new(class, reason).with_code(code.to_string())
                }
                None => by_status(answer),
            },
            _ => by_status(answer),
        }
    }
}

impl Dialogue for Cancel {
    fn next(&mut self, heard: Option<Heard>, _: &Moment) -> Step {
        match (self.under_way.take(), heard) {
            (Some(at), Some(Heard::Answer(answer))) => {
                let outcome = self.judge(&answer);
                self.ledger.say(at, outcome);
            }
            (Some(at), Some(Heard::Failed(failure))) => {
                self.ledger.say(at, unanswered(failure));
                self.next = usize::MAX;
            }
            _ => {}
        }
        let named = |reference: &str| {
            let (request_id, recipient_seq) = reference.rsplit_once('/')?;
            Some((request_id.to_owned(), recipient_seq.to_owned()))
        };
        if let Some((at, (request_id, recipient_seq))) = self.ledger.next_to_cancel(&mut self.next, named) {
            self.under_way = Some(at);
            return Step::Ask(self.request(&request_id, &recipient_seq));
        }
        self.ledger.cancelled(&unanswered(Failure::NotSent))
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Cancelled {
    #[serde(deserialize_with = "part")]
    header: Header,
    #[serde(deserialize_with = "part")]
    body: Counts,
}

/// SMS only; whether around it there is another `data` the documents do not say.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Counts {
    #[serde(deserialize_with = "number")]
    canceled_count: Option<i64>,
    #[serde(deserialize_with = "part")]
    data: Count,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Count {
    #[serde(deserialize_with = "number")]
    canceled_count: Option<i64>,
}

impl Counts {
    fn cancelled(&self) -> Option<i64> {
        self.canceled_count.or(self.data.canceled_count)
    }
}

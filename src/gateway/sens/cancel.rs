//! Taking back reservations.
//!
//! Invariants: the vendor takes back whole requests, and what is reserved is alone in its request; only what the vendor
//! confirms is cancelled.

use super::Service;
use crate::gateway::adapter::{by_status, unanswered};
use crate::gateway::ledger::{Ledger, not_cancelled};
use crate::gateway::wire::escaped;
use crate::gateway::{Dialogue, Failure, Heard, Method, Moment, Step};
use crate::message::{Class, Outcome, Reason};
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
}

impl Dialogue for Cancel {
    fn next(&mut self, heard: Option<Heard>, moment: &Moment) -> Step {
        match (self.under_way.take(), heard) {
            (Some(at), Some(Heard::Answer(answer))) => {
                let outcome = match answer.status {
                    200 | 204 => Outcome::new(Class::Ok, Reason::None),
                    400 | 404 => not_cancelled(),
                    _ => by_status(&answer),
                };
                self.ledger.say(at, outcome);
            }
            (Some(at), Some(Heard::Failed(failure))) => {
                self.ledger.say(at, unanswered(failure));
                self.next = usize::MAX;
            }
            _ => {}
        }
        let named = |reference: &str| {
            let request_id = reference.split('/').next().filter(|id| !id.is_empty());
            request_id.map(str::to_owned)
        };
        if let Some((at, request_id)) = self.ledger.next_to_cancel(&mut self.next, named) {
            self.under_way = Some(at);
            let path = format!("/reservations/{}", escaped(&request_id));
            return Step::Ask(self.service.request(Method::Delete, &path, moment));
        }
        self.ledger.cancelled(&unanswered(Failure::NotSent))
    }
}

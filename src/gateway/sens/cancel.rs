//! Taking back reservations.
//!
//! Invariants: the vendor takes back whole requests, and what is reserved is alone in its request; only what the vendor
//! confirms is cancelled.

use super::Service;
use crate::gateway::adapter::{by_status, unanswered};
use crate::gateway::ledger::{Ledger, REQUESTS_MAX, not_cancelled};
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
        while let Some(parcel) = self.ledger.parcel(self.next).filter(|_| self.next < REQUESTS_MAX) {
            let at = self.next;
            self.next += 1;
            let request_id = parcel.reference.split('/').next().unwrap_or_default();
            if !request_id.is_empty() {
                let path = format!("/reservations/{}", escaped(request_id));
                self.under_way = Some(at);
                return Step::Ask(self.service.request(Method::Delete, &path, moment));
            }
            self.ledger.say(at, not_cancelled());
        }
        self.ledger.cancelled(&unanswered(Failure::NotSent))
    }
}

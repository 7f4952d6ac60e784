//! SOLAPI messages v4, also known as CoolSMS.
//!
//! Invariants: every request is signed anew, for the vendor refuses a signature it has seen; a message carries our
//! reference in its custom fields, by which it is found again; the vendor fills the template itself and gets no full text
//! of an AlimTalk.

mod codes;
mod list;
mod poll;
mod search;
mod send;
mod templates;

use super::ledger::{Ledger, Over, not_cancelled};
use super::listing::Listings;
use super::{
    Adapter, Answer, Body, Capabilities, Dialogue, Host, Limits, Method, Moment, Order, Request, Settling, Step, Task,
    adapter, wire,
};
use crate::config::Secret;
use crate::hash::hex;
use crate::message::{Channel, Outcome};
use ring::hmac;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// The vendor's address.
pub(super) const ADDRESS: &str = "https://api.solapi.com";

/// The name of our reference among the custom fields.
const REFERENCE_FIELD: &str = "alimi";

/// The field that says that the gateway falls back by itself.
const FALLBACK_FIELD: &str = "alimiFallback";

/// How far the clocks of this host and the vendor may be apart: requests that are further off are refused.
const CLOCK_DIFFERENCE_MAX: Duration = Duration::from_secs(16 * 60);

/// What it can do.
pub(super) fn capabilities() -> Capabilities {
    Capabilities {
        // The vendor takes 10,000. Of a lost answer each message may have to be looked up on its own, so that a smaller
        // batch is settled sooner; 75 requests a second still carry 15,000 messages.
        batch_max: 200,
        text_batch_max: 200,
        settling: Settling::Reference,
        settle_after: Duration::from_secs(30),
        check_every: Duration::from_secs(600),
        found_by_its_name: false,
        poll_every: Some(Duration::from_secs(5)),
        falls_back: &[Channel::Sms, Channel::Lms],
        // A reservation can be cancelled for a whole group of messages only.
        reserves: None,
        limits: Limits { image_bytes_max: 200 * 1024, ..Limits::default() },
    }
}

pub(super) struct Solapi {
    login: Arc<Login>,
}

impl Solapi {
    pub(super) fn new(api_key: &Secret, api_secret: &Secret) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, api_secret.reveal().as_bytes());
        Solapi { login: Arc::new(Login { api_key: api_key.clone(), key }) }
    }
}

impl Adapter for Solapi {
    fn begin(&self, order: Order) -> Box<dyn Dialogue> {
        let login = Arc::clone(&self.login);
        match order {
            Order::Errand(errand) => match errand.task {
                Task::Send => Box::new(send::Sending::new(login, errand)),
                Task::LookUp => Box::new(search::Search::new(login, errand)),
                Task::Cancel => Box::new(Over(Ledger::new(errand).cancelled(&not_cancelled()))),
            },
            Order::Poll { cursor, since } => Box::new(poll::Poll::new(login, cursor, since)),
            Order::Templates(inquiry) => Box::new(Listings::new(templates::Templates { login }, inquiry)),
            Order::Confirm { .. } => Box::new(Over(Step::Done(None))),
        }
    }
}

struct Login {
    api_key: Secret,
    key: hmac::Key,
}

impl Login {
    /// A signed request.
    fn request(&self, method: Method, target: String, body: Option<Body>, moment: &Moment) -> Request {
        let (date, salt) = (moment.now.to_iso(), &moment.nonce);
        let signature = hex(hmac::sign(&self.key, format!("{date}{salt}").as_bytes()).as_ref());
        let api_key = self.api_key.reveal();
        let header = format!("HMAC-SHA256 apiKey={api_key}, date={date}, salt={salt}, signature={signature}");
        Request { method, host: Host::Main, target, headers: vec![("Authorization", header)], body, messages: 0 }
    }
}

/// The body of a refused request.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Refusal {
    #[serde(deserialize_with = "wire::text")]
    error_code: String,
}

/// What an answer that is no success means.
fn refusal(answer: &Answer) -> Outcome {
    let outcome = adapter::by_status(answer);
    let code = wire::from_json::<Refusal>(&answer.body).unwrap_or_default().error_code;
    if code.is_empty() {
        return outcome;
    }
    let outcome = outcome.with_code(code);
    // Of a fault of the server nobody knows when it came.
    match codes::of_request(&outcome.vendor_code).filter(|_| answer.status < 500) {
        Some((class, reason)) => Outcome { class, reason, ..outcome },
        None => outcome,
    }
}

#[cfg(test)]
mod tests;

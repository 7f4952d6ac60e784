//! Bizgo communication API v1 of Infobank.
//!
//! Invariants: a request carries one message, under an idempotency key made of our reference and the content, so that a
//! repeat of a lost request within a day is the same request and another message under the same key is not; reports name
//! our reference; a batch of reports is handed out until it is confirmed.

mod codes;
mod converse;
mod report;
mod send;
mod templates;

use super::ledger::Over;
use super::listing::Listings;
use super::{
    Adapter, Answer, Body, Capabilities, Dialogue, Host, Limits, Method, Order, Request, Settling, Step, adapter, wire,
};
use crate::config::Secret;
use crate::message::{Channel, Outcome};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::time::Duration;

/// The vendor's address.
pub(super) const ADDRESS: &str = "https://mars.ibapi.kr";

/// How long the vendor knows a request again.
const KEY_LIFE: Duration = Duration::from_secs(86_400);

/// What it can do.
pub(super) fn capabilities() -> Capabilities {
    Capabilities {
        // The rate counts recipients, and one of them with an odd number has the whole request refused.
        batch_max: 1,
        text_batch_max: 1,
        settling: Settling::Repeat(KEY_LIFE),
        settle_after: Duration::from_secs(30),
        // Five requests a second are for everything but sending.
        check_every: Duration::from_secs(3_600),
        found_by_its_name: true,
        poll_every: Some(Duration::from_secs(3)),
        falls_back: &[Channel::Sms, Channel::Lms, Channel::Mms],
        // The vendor wants ten minutes when it gets the request.
        reserves: Some((Duration::from_secs(11 * 60), Duration::from_secs(365 * 86_400))),
        limits: Limits { alimtalk_chars_max: 1_300, ..Limits::default() },
    }
}

pub(super) struct Bizgo {
    login: Login,
}

impl Bizgo {
    pub(super) fn new(api_key: &Secret) -> Self {
        Bizgo { login: Login { api_key: api_key.clone() } }
    }
}

impl Adapter for Bizgo {
    fn begin(&self, order: Order) -> Box<dyn Dialogue> {
        match order {
            Order::Errand(errand) => Box::new(converse::Conversation::new(self.login.clone(), errand)),
            Order::Poll { cursor, .. } => Box::new(report::Poll::new(self.login.request(Method::Get, POLLING), cursor)),
            Order::Templates(inquiry) => {
                let login = self.login.clone();
                Box::new(Listings::new(templates::Templates { login }, inquiry))
            }
            Order::Confirm { receipt } => {
                let target = format!("{POLLING}/{}", wire::escaped(&receipt));
                Box::new(Over(Step::Ask(self.login.request(Method::Delete, target))))
            }
        }
    }
}

const POLLING: &str = "/api/comm/v1/report/polling";

#[derive(Clone)]
struct Login {
    api_key: Secret,
}

impl Login {
    /// A request; the key stands in it without any word before it.
    fn request(&self, method: Method, target: impl Into<String>) -> Request {
        let headers = vec![("Authorization", self.api_key.reveal().to_owned())];
        Request { method, host: Host::Main, target: target.into(), headers, body: None, messages: 0 }
    }

    fn post(&self, target: &str, body: Body) -> Request {
        Request { body: Some(body), ..self.request(Method::Post, target) }
    }
}

/// Every answer.
#[derive(Default, Deserialize)]
#[serde(default, bound = "T: Default + Deserialize<'de>")]
struct Envelope<T> {
    #[serde(deserialize_with = "wire::part")]
    common: Common,
    #[serde(deserialize_with = "wire::part")]
    data: Service<T>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Common {
    #[serde(deserialize_with = "wire::text")]
    auth_code: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound = "T: Default + Deserialize<'de>")]
struct Service<T> {
    #[serde(deserialize_with = "wire::text")]
    code: String,
    #[serde(deserialize_with = "wire::text")]
    resv_key: String,
    #[serde(deserialize_with = "wire::part")]
    data: T,
}

/// The service's part of an answer in which both upper layers agree; otherwise why they do not.
fn served<T: Default + for<'de> Deserialize<'de>>(answer: &Answer) -> Result<Service<T>, Outcome> {
    let Some(layers) = wire::from_json::<Envelope<IgnoredAny>>(&answer.body) else {
        return Err(adapter::by_status(answer));
    };
    let Envelope { common: Common { auth_code }, data: Service { code, .. } } = layers;
    let outcome = |code: String, known: Option<_>| {
        let by_status = adapter::by_status(answer);
        let outcome = if code.is_empty() { by_status } else { by_status.with_code(code) };
        // Of a fault of the server nobody knows when it came.
        match known.filter(|_| answer.status < 500) {
            Some((class, reason)) => Outcome { class, reason, ..outcome },
            None => outcome,
        }
    };
    if let Some(known) = codes::of_gateway(&auth_code) {
        return Err(outcome(auth_code, Some(known)));
    }
    if code != "A000" || !(200..300).contains(&answer.status) {
        let known = codes::of_service(&code);
        return Err(outcome(code, known));
    }
    wire::from_json::<Envelope<T>>(&answer.body)
        .map(|envelope| envelope.data)
        .ok_or_else(|| outcome(String::new(), None))
}

#[cfg(test)]
mod tests;

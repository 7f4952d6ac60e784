//! NHN Cloud: KakaoTalk Bizmessage AlimTalk v2.3 and SMS v3.0. Source: `nhncloud`.
//!
//! Invariants: our reference is the `recipientGroupingKey` of every message; the vendor's name of a message is
//! `requestId/recipientSeq`; AlimTalks go as finished texts, for ours are finished and compared with the template.

mod cancel;
mod codes;
mod encode;
mod look_up;
mod poll;
mod rows;
mod send;
mod templates;
#[cfg(test)]
mod tests;

use super::ledger::{Ledger, Over};
use super::listing::Listings;
use super::sending::Sending;
use super::{Adapter, Capabilities, Dialogue, Host, Limits, Method, Order, Request, Settling, Step, Task, wire};
use crate::config::Secret;
use crate::message::{Channel, Class, Outcome, Reason};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// The vendor's addresses: AlimTalk, text messages.
pub(super) const ADDRESSES: (&str, &str) =
    ("https://kakaotalk-bizmessage.api.nhncloudservice.com", "https://sms.api.nhncloudservice.com");

const CONTENT_TYPE: &str = "application/json;charset=UTF-8";

/// What it can do.
pub(super) fn capabilities() -> Capabilities {
    Capabilities {
        batch_max: 1_000,
        // All of one request share one text. More than a few different ones would wait for each other.
        text_batch_max: 20,
        settling: Settling::Reference,
        settle_after: Duration::from_secs(30),
        check_every: Duration::from_secs(600),
        found_by_its_name: true,
        poll_every: Some(Duration::from_secs(5)),
        falls_back: &[Channel::Sms, Channel::Lms],
        reserves: Some((Duration::from_secs(120), Duration::from_secs(60 * 86_400))),
        limits: Limits { alimtalk_chars_max: 1_300, image_pixels_max: (1_000, 1_000), ..Limits::default() },
    }
}

/// One of the vendor's two services with its login.
pub(super) struct Service {
    host: Host,
    /// Path up to and with the app key.
    prefix: String,
    secret: Secret,
}

impl Service {
    fn request(&self, method: Method, path: &str) -> Request {
        Request {
            method,
            host: self.host,
            target: format!("{}{path}", self.prefix),
            headers: vec![("X-Secret-Key", self.secret.reveal().to_owned())],
            body: None,
            messages: 0,
        }
    }

    fn post(&self, path: &str, body: &impl Serialize) -> Request {
        Request { body: Some(wire::to_json(CONTENT_TYPE, body)), ..self.request(Method::Post, path) }
    }

    fn is_alimtalk(&self) -> bool {
        self.host == Host::Main
    }
}

pub(super) struct NhnCloud {
    alimtalk: Arc<Service>,
    text: Option<Arc<Service>>,
}

impl NhnCloud {
    pub(super) fn new(app_key: &Secret, secret_key: &Secret, text: &Option<(Secret, Secret)>) -> Self {
        let service = |host, path: &str, app_key: &Secret, secret: &Secret| {
            let prefix = format!("{path}{}", wire::escaped(app_key.reveal()));
            Arc::new(Service { host, prefix, secret: secret.clone() })
        };
        NhnCloud {
            alimtalk: service(Host::Main, "/alimtalk/v2.3/appkeys/", app_key, secret_key),
            text: text.as_ref().map(|(app_key, secret)| service(Host::Text, "/sms/v3.0/appKeys/", app_key, secret)),
        }
    }

    fn service(&self, channel: Channel) -> Option<Arc<Service>> {
        if channel == Channel::Alimtalk { Some(Arc::clone(&self.alimtalk)) } else { self.text.clone() }
    }
}

impl Adapter for NhnCloud {
    fn begin(&self, order: Order) -> Box<dyn Dialogue> {
        match order {
            Order::Errand(errand) => {
                let (service, mut ledger) = (self.service(errand.channel), Ledger::new(errand));
                let Some(service) = service else {
                    let no_login = Outcome::new(Class::Configuration, Reason::GatewayConfiguration);
                    return Box::new(Over(ledger.unable(&no_login)));
                };
                match ledger.errand().task {
                    Task::Send => Box::new(Sending::new(send::Send { service }, ledger)),
                    Task::LookUp => Box::new(look_up::LookUp::new(service, ledger)),
                    Task::Cancel => Box::new(cancel::Cancel::new(service, ledger)),
                }
            }
            Order::Poll { cursor, since } => {
                let services = [Some(Arc::clone(&self.alimtalk)), self.text.clone()];
                Box::new(poll::Poll::new(services, &cursor, since))
            }
            Order::Templates(inquiry) => {
                let service = Arc::clone(&self.alimtalk);
                Box::new(Listings::new(templates::Templates { service }, inquiry))
            }
            Order::Confirm { .. } => Box::new(Over(Step::Done(None))),
        }
    }
}

/// The head of every answer.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Header {
    #[serde(deserialize_with = "wire::number")]
    result_code: Option<i64>,
    #[serde(deserialize_with = "wire::truth")]
    is_successful: Option<bool>,
}

impl Header {
    /// The code, where there is one and it agrees with the flag beside it.
    fn code(&self) -> Option<i64> {
        match (self.result_code, self.is_successful) {
            (Some(0), Some(false)) => None,
            (None, Some(true)) => Some(0),
            (code, _) => code,
        }
    }
}

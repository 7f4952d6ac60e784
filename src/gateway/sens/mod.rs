//! Naver Cloud SENS: AlimTalk v2 and SMS v2. Source: `naver-sens`.
//!
//! Invariants: the vendor keeps no reference of ours, so a lost message is found again by recipient and content. Its name
//! of an AlimTalk is `requestId/messageId`; of a text message, of which its answers name no message, `requestId`, and so
//! each goes in a request of its own. A reservation is taken back by request, so reserved messages go alone too.

mod cancel;
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
use super::{
    Adapter, Capabilities, Dialogue, Host, Limits, Method, Moment, Order, Request, Settling, Step, Task, wire,
};
use crate::config::Secret;
use crate::message::{Channel, Class, Outcome, Reason};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::hmac;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// The vendor's address.
pub(super) const ADDRESS: &str = "https://sens.apigw.ntruss.com";

const CONTENT_TYPE: &str = "application/json; charset=utf-8";

/// Service ids have colons, which stand in the path as they are.
const SERVICE_ID: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

/// What it can do.
pub(super) fn capabilities() -> Capabilities {
    Capabilities {
        batch_max: 100,
        text_batch_max: 1,
        settling: Settling::Content,
        settle_after: Duration::from_secs(60),
        check_every: Duration::from_secs(600),
        found_by_its_name: true,
        poll_every: Some(Duration::from_secs(5)),
        falls_back: &[Channel::Sms, Channel::Lms],
        reserves: Some((Duration::from_secs(600), Duration::from_secs(180 * 86_400))),
        limits: Limits { quick_replies_max: 0, every_link: true, ..Limits::default() },
    }
}

struct Login {
    access_key: Secret,
    secret_key: hmac::Key,
}

/// One of the vendor's two services with the login.
pub(super) struct Service {
    login: Arc<Login>,
    /// Path up to and with the service id.
    prefix: String,
    is_alimtalk: bool,
}

impl Service {
    /// A signed request: what is signed is the target exactly as it goes out.
    fn request(&self, method: Method, path: &str, moment: &Moment) -> Request {
        let target = format!("{}{path}", self.prefix);
        let timestamp = moment.now.0.to_string();
        let access_key = self.login.access_key.reveal();
        let signed = format!("{} {target}\n{timestamp}\n{access_key}", method.word());
        let signature = STANDARD.encode(hmac::sign(&self.login.secret_key, signed.as_bytes()));
        let headers = vec![
            ("x-ncp-apigw-timestamp", timestamp),
            ("x-ncp-iam-access-key", access_key.to_owned()),
            ("x-ncp-apigw-signature-v2", signature),
        ];
        Request { method, host: Host::Main, target, headers, body: None, messages: 0 }
    }

    fn post(&self, path: &str, body: &impl Serialize, moment: &Moment) -> Request {
        Request { body: Some(wire::to_json(CONTENT_TYPE, body)), ..self.request(Method::Post, path, moment) }
    }
}

pub(super) struct Sens {
    alimtalk: Arc<Service>,
    text: Option<Arc<Service>>,
}

impl Sens {
    pub(super) fn new(
        access_key: &Secret,
        secret_key: &Secret,
        service_id: &str,
        text_service_id: Option<&str>,
    ) -> Self {
        let secret_key = hmac::Key::new(hmac::HMAC_SHA256, secret_key.reveal().as_bytes());
        let login = Arc::new(Login { access_key: access_key.clone(), secret_key });
        let service = |product: &str, id: &str, is_alimtalk| {
            let prefix = format!("/{product}/v2/services/{}", utf8_percent_encode(id, SERVICE_ID));
            Arc::new(Service { login: Arc::clone(&login), prefix, is_alimtalk })
        };
        Sens {
            alimtalk: service("alimtalk", service_id, true),
            text: text_service_id.map(|id| service("sms", id, false)),
        }
    }

    fn service(&self, channel: Channel) -> Option<Arc<Service>> {
        if channel == Channel::Alimtalk { Some(Arc::clone(&self.alimtalk)) } else { self.text.clone() }
    }
}

impl Adapter for Sens {
    fn begin(&self, order: Order) -> Box<dyn Dialogue> {
        match order {
            Order::Errand(errand) => {
                let (service, mut ledger) = (self.service(errand.channel), Ledger::new(errand));
                let Some(service) = service else {
                    let no_service = Outcome::new(Class::Configuration, Reason::GatewayConfiguration);
                    return Box::new(Over(ledger.unable(&no_service)));
                };
                match ledger.errand().task {
                    Task::Send => Box::new(Sending::new(send::Send { service }, ledger)),
                    Task::LookUp => Box::new(look_up::LookUp::new(service, ledger)),
                    Task::Cancel => Box::new(cancel::Cancel::new(service, ledger)),
                }
            }
            Order::Poll { cursor, since } => {
                Box::new(poll::Poll::new(Arc::clone(&self.alimtalk), self.text.clone(), &cursor, since))
            }
            Order::Templates(inquiry) => {
                let service = Arc::clone(&self.alimtalk);
                Box::new(Listings::new(templates::Templates { service }, inquiry))
            }
            Order::Confirm { .. } => Box::new(Over(Step::Done(None))),
        }
    }
}

//! What callers call, each with its line in the access record.

use super::{Accepted, Client, Health};
use crate::config::Settings;
use crate::error::{Code, Error, Result};
use crate::logging::Call;
use crate::message::{Body, MessageResult, Request};
use crate::time::Timestamp;
use std::time::Duration;

/// In the place of a name where a call has several.
const SEVERAL: &str = "*";

impl Client {
    /// Keeps one message. Returns when it is synced to disk.
    pub fn send(&self, request: Request) -> Result<Accepted> {
        let names = self.names_of(std::slice::from_ref(&request));
        let accepted = self.keep(vec![request]).and_then(|verdicts| {
            let verdict = verdicts.into_iter().next();
            verdict.unwrap_or_else(|| Err(Error::new(Code::Internal, "the engine gave no verdict")))
        });
        let code = accepted.as_ref().map_or_else(Error::code, code_of);
        self.note("send", names, 1, code);
        accepted
    }

    /// Keeps many messages with one commit; a verdict for each, in order. The outer error means that none was kept.
    pub fn send_batch(&self, requests: Vec<Request>) -> Result<Vec<Result<Accepted>>> {
        let (names, count) = (self.names_of(&requests), requests.len());
        let verdicts = self.keep(requests);
        let code = verdicts.as_ref().map_or_else(Error::code, |verdicts| match verdicts {
            refused if refused.iter().any(Result::is_err) => Code::Partial,
            repeated if repeated.iter().flatten().any(|accepted| accepted.duplicate) => Code::Duplicate,
            _ => Code::Ok,
        });
        self.note("send_batch", names, count, code);
        verdicts
    }

    /// Cancels a message that has not left. True when it is cancelled. False for one that is reserved at its gateway: that
    /// is asked to take it back, and the result says whether it did. Waits for the disk.
    pub fn cancel(&self, key: &str) -> Result<bool> {
        self.noted("cancel", self.stop_message(key))
    }

    /// The next final result, waiting up to `timeout` (at most an hour); `None` when there is none, or after
    /// [`Client::wake`]. Each result is handed out once per run; unacknowledged ones come again after the next start.
    pub fn poll(&self, timeout: Duration) -> Result<Option<MessageResult>> {
        let polled = self.next_result(timeout);
        match &polled {
            // Nothing was learnt, and programs ask all the time.
            Ok(None) | Err(_) => {}
            Ok(Some(result)) => self.note("poll", names_in(result), 1, Code::Ok),
        }
        polled
    }

    /// Lets a result go. Does not wait for the disk when the result was handed out by this client: should the process
    /// die before it is written, the result comes again.
    pub fn acknowledge(&self, key: &str) -> Result<()> {
        self.noted("acknowledge", self.let_go(key))
    }

    /// Where a message stands. Reads beside the engine and never waits for it.
    pub fn status(&self, key: &str) -> Result<MessageResult> {
        let found = self.find(key);
        match &found {
            Ok(result) => self.note("status", names_in(result), 1, Code::Ok),
            Err(error) => self.note("status", Names::default(), 1, error.code()),
        }
        found
    }

    /// Statistics: `from` and `to` (days such as `2026-12-01`, default today), `account` (default all), `by` (`request`
    /// or `result` day, default request), `format` (`json` or `csv`). One line per day, account, template, tag, channel,
    /// outcome and reason. Reads beside the engine.
    pub fn statistics(&self, query: &str) -> Result<String> {
        self.noted("statistics", self.count(query))
    }

    /// From now on this configuration: gateways, accounts, templates, routes and everything else but what the client
    /// stands on (`outbox.path`, `outbox.shared`, the keys, `encoding`, `logging`, `access_record`). Nothing changes on an
    /// error. What waits and is certainly not sent goes by the new configuration; what is under way is ended with the
    /// gateway it went to, as long as that one stays configured. Blocks for the disk.
    pub fn reload(&self, settings: Settings) -> Result<()> {
        self.noted("reload", self.change(settings))
    }

    /// Asks every gateway for its templates, keeps what they say, and compares it with the configuration. The report, as
    /// JSON, and whether all have answered, or could not, within `timeout`; if not, it goes on, and the report says what is
    /// known so far. From then on a message whose template the gateway is known not to have like this is refused.
    pub fn sync_templates(&self, timeout: Duration) -> Result<(String, bool)> {
        self.noted("sync_templates", self.ask_for_templates(timeout))
    }

    /// How the client is. Reads beside the engine and never waits for it.
    pub fn health(&self) -> Result<Health> {
        self.noted("health", self.look())
    }

    fn noted<T>(&self, function: &'static str, done: Result<T>) -> Result<T> {
        self.note(function, Names::default(), 1, done.as_ref().map_or_else(Error::code, |_| Code::Ok));
        done
    }

    /// Writes a call into the access record, where there is one.
    pub(super) fn note(&self, function: &'static str, names: Names, count: usize, code: Code) {
        if let Some(access) = &self.access {
            let Names { account, template } = &names;
            access.note(Timestamp::now(), &Call { function, account, template, count, code });
        }
    }

    /// The names in requests, as far as the configuration knows them: anything else may be a number that came to the
    /// wrong place.
    fn names_of(&self, requests: &[Request]) -> Names {
        if self.access.is_none() {
            return Names::default();
        }
        let settings = self.settings();
        let account = |request: &Request| {
            let named = request.options.account.as_deref().or(settings.default_account.as_deref());
            named.filter(|name| settings.accounts.contains_key(*name)).unwrap_or_default().to_owned()
        };
        let template = |request: &Request| match &request.body {
            Body::Alimtalk { template, .. } if settings.templates.contains_key(template) => template.clone(),
            _ => String::new(),
        };
        Names { account: one(requests.iter().map(account)), template: one(requests.iter().map(template)) }
    }
}

/// Whom and what a call was about.
#[derive(Default)]
pub(super) struct Names {
    account: String,
    template: String,
}

fn names_in(result: &MessageResult) -> Names {
    Names { account: result.account.clone(), template: result.template.clone() }
}

/// The name that all have.
fn one(mut names: impl Iterator<Item = String>) -> String {
    let first = names.next().unwrap_or_default();
    if names.all(|name| name == first) { first } else { SEVERAL.to_owned() }
}

fn code_of(accepted: &Accepted) -> Code {
    if accepted.duplicate { Code::Duplicate } else { Code::Ok }
}

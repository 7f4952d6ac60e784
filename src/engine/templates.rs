//! Asking all gateways for their templates, keeping what they say, and comparing it with the configuration.
//!
//! Invariants: each gateway and sender key is asked once at a time, whoever waits; what is not answered changes nothing;
//! what callers check against is what is on disk.

use super::reply::Reply;
use super::state::Engine;
use super::turn::{Response, Turn};
use crate::content::{Catalogue, inquiries};
use crate::error::Result;
use crate::gateway::{Job, Listed, SenderMark};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is under way.
#[derive(Default)]
pub(super) struct Templates {
    asked: BTreeSet<(String, SenderMark)>,
    /// Whom the last question did not reach.
    failed: BTreeSet<(String, SenderMark)>,
    waiting: Vec<Reply<()>>,
}

impl Engine {
    /// Asks everyone who is not being asked already; whoever waits is answered when all have said something.
    pub(super) fn ask_for_templates(&mut self, reply: Reply<()>) -> Vec<Job> {
        self.templates.waiting.push(reply);
        let mut jobs = Vec::new();
        for inquiry in inquiries(&self.settings) {
            if self.templates.asked.insert((inquiry.gateway.clone(), inquiry.sender)) {
                jobs.push(Job::Templates(inquiry));
            }
        }
        jobs
    }

    /// Keeps what a gateway says.
    pub(super) fn listed(
        &mut self,
        turn: &mut Turn,
        gateway: &str,
        sender: &SenderMark,
        templates: Option<&[Listed]>,
    ) -> Result<()> {
        if let Some(templates) = templates {
            self.outbox.keep_listing(gateway, sender, templates, turn.now)?;
        }
        turn.listed.push((gateway.to_owned(), *sender, templates.is_some()));
        Ok(())
    }

    /// After the commit.
    pub(super) fn take_listings(&mut self, listed: Vec<(String, SenderMark, bool)>) -> Vec<Response> {
        if listed.is_empty() {
            return Vec::new();
        }
        for (gateway, sender, answered) in listed {
            let asked = (gateway, sender);
            self.templates.asked.remove(&asked);
            match answered {
                true => self.templates.failed.remove(&asked),
                false => self.templates.failed.insert(asked),
            };
        }
        self.compare_templates();
        if !self.templates.asked.is_empty() {
            return Vec::new();
        }
        self.templates.waiting.drain(..).map(|reply| Response::Done(reply, Ok(()))).collect()
    }

    /// What callers check against. Where the disk cannot be read, that stays as it was.
    pub(super) fn compare_templates(&mut self) {
        match self.outbox.listings() {
            Ok(listings) => {
                let catalogue = Catalogue::new(&self.settings, &listings, &self.templates.failed);
                self.pulse.lock().catalogue = Arc::new(catalogue);
            }
            Err(error) => self.log.error(format_args!("the gateways' templates cannot be read: {error}")),
        }
    }
}

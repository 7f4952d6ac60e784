//! What the vendors know: requests, messages, and the reports that are due.
//!
//! Invariants: ids are numbers that only grow; the newest `keep` messages are kept, older ones live on in the journal alone;
//! [`Store::settle`] applies everything that is due, in the order of time, before anything else is looked at.

use crate::faults::Faults;
use crate::journal::Journal;
use crate::model::PRODUCTS;
pub use crate::model::{Message, Plan, Product, Request, Stage, Vendor, Window};
use alimi::message::Class;
use alimi::sandbox;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Release(u64),
    Report(u64),
    Again(u64),
}

/// Everything the vendors know.
#[derive(Debug)]
pub struct Store {
    /// Requests to send.
    pub requests: Window<Request>,
    /// Messages.
    pub messages: Window<Message>,
    /// What was taken, counted.
    pub journal: Journal,
    /// The script of faults.
    pub faults: Faults,
    /// Messages whose report is to be pushed to the caller, oldest first.
    pub pushes: VecDeque<u64>,
    /// Bizgo's reports that were not acknowledged.
    pub unacknowledged: VecDeque<u64>,
    updates: [VecDeque<(i64, u64)>; PRODUCTS],
    due: BinaryHeap<Reverse<(i64, u64, Due)>>,
    order: u64,
    by_number: HashMap<u64, u64>,
    keep: usize,
    texts: bool,
    pushing: bool,
    bizgo_polled: bool,
    delay: i64,
}

impl Store {
    /// An empty one that keeps `keep` messages.
    pub fn new(options: &crate::Options) -> Store {
        Store {
            requests: Window::new(),
            messages: Window::new(),
            journal: Journal::new(options.keep_names),
            faults: Faults::new(options.seed),
            pushes: VecDeque::new(),
            unacknowledged: VecDeque::new(),
            updates: Default::default(),
            due: BinaryHeap::new(),
            order: 0,
            by_number: HashMap::new(),
            keep: options.keep,
            texts: options.keep_texts,
            pushing: !options.webhooks.is_empty(),
            bizgo_polled: !options.webhooks.contains_key(&Vendor::Bizgo),
            delay: options.report_delay.as_millis() as i64,
        }
    }

    /// Opens a request; its messages follow by [`Store::take`].
    pub fn open(&mut self, request: Request) -> u64 {
        let reserved = request.reserved;
        let id = self.requests.push(request, self.keep);
        if let Some(at) = reserved {
            self.later(at, Due::Release(id));
        }
        id
    }

    /// Takes a message of an open request.
    pub fn take(&mut self, request: u64, mut message: Message) -> u64 {
        let Some(opened) = self.requests.get(request) else { return 0 };
        message.request = request;
        if message.seq == 0 {
            message.seq = opened.messages.len() as u32 + 1;
        }
        let (at, reserved) = (opened.at, opened.reserved.is_some());
        let id = self.put(message, at, reserved);
        if let Some(opened) = self.requests.get_mut(request) {
            opened.messages.push(id);
        }
        id
    }

    fn put(&mut self, mut message: Message, at: i64, reserved: bool) -> u64 {
        let vendor = message.product.vendor();
        self.journal.accept(vendor, message.channel, &message.to, &message.reference);
        (message.at, message.updated) = (at, at);
        message.stage = if reserved { Stage::Reserved } else { Stage::Pending };
        if !self.texts {
            message.text = Box::default();
        }
        let number = crate::signing::fingerprint((vendor as u8, &*message.to));
        message.earlier = self.by_number.get(&number).copied();
        let id = self.messages.push(message, self.keep);
        if self.by_number.len() > self.keep.saturating_mul(2) {
            let oldest = self.messages.first;
            self.by_number.retain(|_, id| *id >= oldest);
        }
        self.by_number.insert(number, id);
        if !reserved {
            self.schedule(id, at);
        }
        id
    }

    fn schedule(&mut self, id: u64, at: i64) {
        let Some(message) = self.messages.get(id) else { return };
        if message.unsettled {
            return;
        }
        let plan = self.faults.report(at, message.product.vendor());
        if plan.never {
            return;
        }
        let time = at + self.delay + plan.late_ms as i64;
        self.later(time, Due::Report(id));
        if let Some(again) = plan.again_ms {
            self.later(time + again as i64, Due::Again(id));
        }
    }

    fn later(&mut self, at: i64, due: Due) {
        self.order += 1;
        self.due.push(Reverse((at, self.order, due)));
    }

    /// When the next thing is due.
    pub fn next_due(&self) -> Option<i64> {
        self.due.peek().map(|Reverse((at, ..))| *at)
    }

    /// Applies everything that is due by now.
    pub fn settle(&mut self, now: i64) {
        while let Some(Reverse((at, _, due))) = self.due.peek().copied() {
            if at > now {
                return;
            }
            self.due.pop();
            match due {
                Due::Release(request) => {
                    // A reservation that was moved is released at its later time.
                    let opened = self.requests.get(request).filter(|request| request.reserved == Some(at));
                    let messages = opened.map(|request| request.messages.clone()).unwrap_or_default();
                    for id in messages {
                        if let Some(message) = self.messages.get_mut(id).filter(|m| m.stage == Stage::Reserved) {
                            message.stage = Stage::Pending;
                            self.schedule(id, at);
                        }
                    }
                }
                Due::Report(id) => self.report(id, at),
                Due::Again(id) => self.publish(id, at),
            }
        }
    }

    fn report(&mut self, id: u64, at: i64) {
        let Some(message) = self.messages.get_mut(id).filter(|m| m.stage == Stage::Pending) else { return };
        let fate = || sandbox::report(&message.to, message.channel).map(|outcome| (outcome.class, outcome.reason));
        let Some((class, reason)) = message.verdict.or_else(fate) else { return };
        message.stage = Stage::Done(class, reason);
        message.updated = at;
        let (vendor, channel) = (message.product.vendor(), message.channel);
        self.journal.report(vendor, channel, &message.to, &message.reference, class == Class::Ok);
        let falls = !matches!(class, Class::Ok | Class::Pending | Class::Uncertain);
        let plan = if falls { message.plans.pop_front() } else { None };
        let stands_in = plan.is_some_and(|plan| self.stand_in(id, plan, at));
        // Bizgo gives one report per recipient: that of the last channel tried.
        if !(stands_in && vendor == Vendor::Bizgo) {
            self.publish(id, at);
        }
        if let Some(parent) =
            self.messages.get(id).and_then(|message| message.parent).filter(|_| vendor != Vendor::Bizgo)
        {
            self.publish(parent, at);
        }
    }

    /// Sends the gateway's own text in place of a message that failed; whether there was one to stand in for.
    fn stand_in(&mut self, id: u64, plan: Plan, at: i64) -> bool {
        let Some(failed) = self.messages.get_mut(id) else { return false };
        let mut text = Message::new(plan.product, plan.channel, &failed.to, &failed.reference);
        text.plans = std::mem::take(&mut failed.plans);
        (text.request, text.seq, text.parent) = (failed.request, failed.seq, Some(id));
        text.label.clone_from(&failed.label);
        match sandbox::answer(&text.to, text.channel, 3) {
            sandbox::Answer::Said(outcome) if outcome.class != Class::Ok => {
                text.verdict = Some((outcome.class, outcome.reason));
            }
            sandbox::Answer::Said(_) => {}
            _ => text.unsettled = true,
        }
        // Where another product sends it, it is a request there.
        if plan.product != failed.product {
            let request = Request {
                product: plan.product,
                at,
                reserved: None,
                sender: plan.from.clone(),
                template: Box::default(),
                grouping: Box::default(),
                urgent: false,
                messages: Vec::new(),
            };
            (text.request, text.seq) = (self.open(request), 1);
        }
        (text.from, text.text) = (plan.from, plan.text);
        let request = text.request;
        let child = self.put(text, at, false);
        if let Some(request) = self.requests.get_mut(request) {
            request.messages.push(child);
        }
        if let Some(failed) = self.messages.get_mut(id) {
            failed.child = Some(child);
        }
        true
    }

    /// Makes a report visible: in the windows of changes, in Bizgo's queue, to be pushed.
    fn publish(&mut self, id: u64, at: i64) {
        let Some(message) = self.messages.get_mut(id) else { return };
        message.updated = at;
        let product = message.product;
        if let Some(updates) = self.updates.get_mut(product as usize) {
            if updates.len() >= self.keep.saturating_mul(2) {
                updates.pop_front();
            }
            updates.push_back((at, id));
        }
        if product == Product::Bizgo && self.bizgo_polled {
            self.unacknowledged.push_back(id);
        }
        if self.pushing {
            self.pushes.push_back(id);
        }
    }

    /// The messages of a product whose stage changed in a window, oldest change first, each with the time of the change.
    pub fn updated(&self, product: Product, from: i64, to: i64) -> impl Iterator<Item = (i64, u64, &Message)> {
        let none = const { &VecDeque::new() };
        let updates = self.updates.get(product as usize).unwrap_or(none);
        let (start, end) =
            (updates.partition_point(|(at, _)| *at < from), updates.partition_point(|(at, _)| *at <= to));
        let window = updates.range(start.min(end)..end);
        window.filter_map(|(at, id)| self.messages.get(*id).map(|message| (*at, *id, message)))
    }

    /// The messages of a vendor to one number, newest first.
    pub fn to_number(&self, vendor: Vendor, to: &str) -> impl Iterator<Item = (u64, &Message)> {
        let mut next = self.by_number.get(&crate::signing::fingerprint((vendor as u8, to))).copied();
        std::iter::from_fn(move || {
            let id = next?;
            let message = self.messages.get(id)?;
            next = message.earlier;
            Some((id, message))
        })
    }

    /// Cancels a message that waits for its time; whether it did.
    pub fn cancel(&mut self, id: u64, now: i64) -> bool {
        let Some(message) = self.messages.get_mut(id).filter(|m| m.stage == Stage::Reserved) else { return false };
        message.stage = Stage::Cancelled;
        let (vendor, channel) = (message.product.vendor(), message.channel);
        self.journal.cancel(vendor, channel);
        self.publish(id, now);
        true
    }

    /// Moves a reservation.
    pub fn postpone(&mut self, request: u64, at: i64) {
        if let Some(opened) = self.requests.get_mut(request) {
            opened.reserved = Some(at);
            for id in opened.messages.clone() {
                if let Some(message) = self.messages.get_mut(id).filter(|m| m.stage == Stage::Pending) {
                    message.stage = Stage::Reserved;
                }
            }
            self.later(at, Due::Release(request));
        }
    }
}

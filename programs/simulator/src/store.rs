//! What the vendors know: requests, messages, and the reports that are due.
//!
//! Invariants: ids are numbers that only grow; the newest `keep` messages are kept, older ones live on in the journal alone;
//! [`Store::settle`] applies everything that is due, in the order of time, before anything else is looked at.

use crate::faults::Faults;
use crate::journal::Journal;
use alimi::message::{Channel, Class, Reason};
use alimi::sandbox;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

macro_rules! vendors {
    ($($vendor:ident $word:literal;)*) => {
        /// Who is simulated.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
        #[serde(rename_all = "lowercase")]
        #[allow(missing_docs, reason = "the names are the vendors'")]
        pub enum Vendor { $($vendor,)* }

        impl Vendor {
            /// All of them.
            pub const ALL: &'static [Vendor] = &[$(Vendor::$vendor,)*];

            /// The name in lower case.
            pub const fn word(self) -> &'static str {
                match self { $(Vendor::$vendor => $word,)* }
            }

            /// The vendor with this name.
            pub fn from_word(word: &str) -> Option<Vendor> {
                match word { $($word => Some(Vendor::$vendor),)* _ => None }
            }
        }
    };
}

vendors! { Nhn "nhn"; Solapi "solapi"; Bizgo "bizgo"; Sens "sens"; Aligo "aligo"; }

/// A vendor's product with results of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Product {
    NhnAlimtalk,
    NhnSms,
    Solapi,
    Bizgo,
    SensAlimtalk,
    SensSms,
    AligoAlimtalk,
    AligoSms,
}

const PRODUCTS: usize = 8;

impl Product {
    /// Whose it is.
    pub fn vendor(self) -> Vendor {
        match self {
            Product::NhnAlimtalk | Product::NhnSms => Vendor::Nhn,
            Product::Solapi => Vendor::Solapi,
            Product::Bizgo => Vendor::Bizgo,
            Product::SensAlimtalk | Product::SensSms => Vendor::Sens,
            Product::AligoAlimtalk | Product::AligoSms => Vendor::Aligo,
        }
    }
}

/// One request to send, as far as look-ups speak of it.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where it came in.
    pub product: Product,
    /// When.
    pub at: i64,
    /// When its messages leave, for a reservation.
    pub reserved: Option<i64>,
    /// Sender key, channel or number.
    pub sender: Box<str>,
    /// Template code; empty for texts.
    pub template: Box<str>,
    /// The caller's label.
    pub grouping: Box<str>,
    /// NHN: sent as an authentication message.
    pub urgent: bool,
    /// Its messages, by id; texts sent in place of them come behind.
    pub messages: Vec<u64>,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Waits for its reserved time.
    Reserved,
    /// Its report is due.
    Pending,
    /// Its reservation was cancelled.
    Cancelled,
    /// The report is there.
    Done(Class, Reason),
}

/// A text that the gateway sends when the message before it fails.
#[derive(Clone, Debug)]
pub struct Plan {
    /// As what.
    pub channel: Channel,
    /// The product that sends it.
    pub product: Product,
    /// The callback number.
    pub from: Box<str>,
    /// What it says.
    pub text: Box<str>,
}

/// One message.
#[derive(Clone, Debug)]
pub struct Message {
    /// Where it came in.
    pub product: Product,
    /// By which channel it leaves.
    pub channel: Channel,
    /// Its request.
    pub request: u64,
    /// Its place in the request, from 1; given by [`Store::take`] where it is 0.
    pub seq: u32,
    /// Recipient.
    pub to: Box<str>,
    /// The caller's reference.
    pub reference: Box<str>,
    /// SOLAPI: the name of the field that the reference stood in.
    pub label: Box<str>,
    /// What it says, if texts are kept.
    pub text: Box<str>,
    /// Callback number of a text.
    pub from: Box<str>,
    /// Where it stands.
    pub stage: Stage,
    /// When it was taken.
    pub at: i64,
    /// When its stage last changed.
    pub updated: i64,
    /// The report, where it is not the one of the recipient's number.
    pub verdict: Option<(Class, Reason)>,
    /// No report and no look-up settles it.
    pub unsettled: bool,
    /// What the gateway sends when it fails.
    pub plans: VecDeque<Plan>,
    /// The message this one stands in for, and the one that stands in for this one.
    pub parent: Option<u64>,
    /// See `parent`.
    pub child: Option<u64>,
    /// The message before with the same recipient; a chain.
    earlier: Option<u64>,
}

impl Message {
    /// A message that was just taken.
    pub fn new(product: Product, channel: Channel, to: &str, reference: &str) -> Message {
        Message {
            product,
            channel,
            request: 0,
            seq: 0,
            to: to.into(),
            reference: reference.into(),
            label: Box::default(),
            text: Box::default(),
            from: Box::default(),
            stage: Stage::Pending,
            at: 0,
            updated: 0,
            verdict: None,
            unsettled: false,
            plans: VecDeque::new(),
            parent: None,
            child: None,
            earlier: None,
        }
    }
}

/// A queue whose members are named by numbers that only grow.
#[derive(Debug)]
pub struct Window<T> {
    first: u64,
    kept: VecDeque<T>,
}

impl<T> Window<T> {
    fn new() -> Self {
        // No id is 0.
        Window { first: 1, kept: VecDeque::new() }
    }

    fn push(&mut self, value: T, keep: usize) -> u64 {
        while self.kept.len() >= keep.max(1) {
            self.kept.pop_front();
            self.first += 1;
        }
        self.kept.push_back(value);
        self.first + self.kept.len() as u64 - 1
    }

    /// The one with this number, if it is still kept.
    pub fn get(&self, id: u64) -> Option<&T> {
        self.kept.get(usize::try_from(id.checked_sub(self.first)?).ok()?)
    }

    fn get_mut(&mut self, id: u64) -> Option<&mut T> {
        self.kept.get_mut(usize::try_from(id.checked_sub(self.first)?).ok()?)
    }

    /// All that are kept, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &T)> {
        let first = self.first;
        self.kept.iter().enumerate().map(move |(place, member)| (first + place as u64, member))
    }

    /// Numbers and members from the first that is not before `at`, where `time` gives their order.
    pub fn since(&self, at: i64, time: impl Fn(&T) -> i64) -> impl Iterator<Item = (u64, &T)> {
        let start = self.kept.partition_point(|member| time(member) < at);
        (self.first + start as u64..).zip(self.kept.range(start..))
    }
}

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

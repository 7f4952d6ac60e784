//! What the vendors know of a message: who took it, how it leaves, where it stands.
//!
//! Invariants: ids are numbers that only grow; a message belongs to one product and one request, a text that stands in for
//! another message names it as its parent.

use alimi::message::{Channel, Class, Reason};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

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

/// How many products there are.
pub const PRODUCTS: usize = 8;

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
    /// Its place in the request, from 1; given by `Store::take` where it is 0.
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
    pub(crate) earlier: Option<u64>,
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
    pub(crate) first: u64,
    kept: VecDeque<T>,
}

impl<T> Window<T> {
    /// An empty one.
    pub(crate) fn new() -> Self {
        // No id is 0.
        Window { first: 1, kept: VecDeque::new() }
    }

    pub(crate) fn push(&mut self, value: T, keep: usize) -> u64 {
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

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut T> {
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

//! Sending, now or later: one or several channels in order for up to 200 recipients.
//!
//! Invariants: Bizgo forwards texts as they are, so a text that differs from its template is taken and fails in the report;
//! the same idempotency key within its time answers A301 for recipients that were accepted and takes only the others.

use super::{Refusal, codes, done, failed, log_in, message_key, refusal, stranger, within_rate};
use crate::ask::{Ask, on_wire, severed, too_many};
use crate::fate::{Admission, Ruling, Wire};
use crate::matching::korean_bytes;
use crate::setup::{Button, Finished, Item, Items, Template};
use crate::signing::fingerprint;
use crate::store::{Message, Plan, Product, Request};
use crate::world::{State, World};
use alimi::message::{Channel, Class, Reason};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};

/// A request to send.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Wish {
    pub(super) destinations: Vec<Destination>,
    message_flow: Vec<Entry>,
    idempotency_key: Option<String>,
    idempotency_ttl: Option<i64>,
    #[serde(rename = "ref")]
    reference: Option<String>,
    #[serde(rename = "groupKey")]
    _group_key: Option<String>,
    payment_code: Option<String>,
    /// Reservations only.
    pub(super) resv_send_time: Option<String>,
    pub(super) resv_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Destination {
    pub(super) to: String,
    #[serde(default)]
    replace_words: BTreeMap<String, String>,
    #[serde(rename = "ref")]
    reference: Option<String>,
}

/// Exactly one channel.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Entry {
    alimtalk: Option<Alimtalk>,
    sms: Option<Text>,
    mms: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Text {
    from: String,
    text: String,
    title: Option<String>,
    file_key: Option<Vec<String>>,
    #[serde(rename = "ttl")]
    _ttl: Option<String>,
    #[serde(rename = "originCID")]
    _origin: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Alimtalk {
    sender_key: String,
    template_code: String,
    msg_type: Option<String>,
    text: Option<String>,
    title: Option<String>,
    header: Option<String>,
    #[serde(rename = "link")]
    _link: Option<Value>,
    attachment: Option<Attachment>,
    supplement: Option<Supplement>,
    send_type: Option<String>,
    response_method: Option<String>,
    #[serde(rename = "timeout")]
    _timeout: Option<String>,
    #[serde(rename = "price")]
    _price: Option<Value>,
    #[serde(rename = "currencyType")]
    _currency_type: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Attachment {
    button: Vec<Given>,
    item: Option<Items>,
    item_highlight: Option<Item>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Supplement {
    quick_reply: Vec<Given>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Given {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    url_mobile: String,
    url_pc: String,
    scheme_ios: String,
    scheme_android: String,
}

impl From<&Given> for Button {
    fn from(given: &Given) -> Button {
        Button {
            kind: given.kind.clone(),
            name: given.name.clone(),
            mobile: given.url_mobile.clone(),
            pc: given.url_pc.clone(),
            ios: given.scheme_ios.clone(),
            android: given.scheme_android.clone(),
        }
    }
}

/// Reads and checks what concerns all recipients.
pub(super) fn read(world: &World, ask: &Ask, files: &HashSet<String>) -> Result<Wish, Refusal> {
    if !ask.says_json() {
        return Err(refusal("A010", "Content-Type must be application/json"));
    }
    let wish: Wish = serde_json::from_slice(&ask.body).map_err(|error| ("A011", error.to_string()))?;
    let long = |text: &Option<String>, most: usize| text.as_ref().is_some_and(|text| text.chars().count() > most);
    match wish.destinations.len() {
        0 => return Err(refusal("A306", "destinations is empty")),
        1..=200 => {}
        _ => return Err(refusal("A318", "more than 200 destinations")),
    }
    if long(&wish.reference, 200) || wish.destinations.iter().any(|one| long(&one.reference, 200)) {
        return Err(refusal("A305", "ref <= 200"));
    }
    match (&wish.idempotency_key, wish.idempotency_ttl) {
        (Some(key), _) if key.is_empty() || key.chars().count() > 200 => return Err(refusal("A308", "idempotencyKey")),
        (Some(_), None) => return Err(refusal("A309", "idempotencyTtl is missing")),
        (_, Some(ttl)) if !(0..=86_400).contains(&ttl) => return Err(refusal("A309", "idempotencyTtl")),
        _ => {}
    }
    if long(&wish.payment_code, 20) || wish.message_flow.is_empty() {
        return Err(refusal("A311", "paymentCode <= 20, messageFlow is required"));
    }
    for entry in &wish.message_flow {
        check(world, entry, files)?;
    }
    let template = |entry: &Entry| entry.alimtalk.as_ref().is_some_and(Alimtalk::by_template);
    if wish.message_flow.iter().any(template) && wish.destinations.iter().any(|one| one.replace_words.is_empty()) {
        return Err(refusal("A571", "sendType template needs replaceWords on every destination"));
    }
    Ok(wish)
}

fn check(world: &World, entry: &Entry, files: &HashSet<String>) -> Result<(), Refusal> {
    if let (Some(alimtalk), None, None) = (&entry.alimtalk, &entry.sms, &entry.mms) {
        return alimtalk.check(world);
    }
    let (text, most) = match (&entry.alimtalk, &entry.sms, &entry.mms) {
        (None, Some(text), None) => (text, 90),
        (None, None, Some(text)) => (text, 2_000),
        _ => return Err(refusal("A312", "an entry of messageFlow has exactly one channel")),
    };
    if !world.setup.has_number(&text.from) {
        return Err(refusal("A327", "from is not registered"));
    }
    let title = text.title.as_deref().unwrap_or_default();
    match (korean_bytes(&text.text), korean_bytes(title)) {
        (Some(0), _) | (None, _) | (_, None) => return Err(refusal("A303", "text is empty or not EUC-KR")),
        (Some(bytes), Some(title)) if bytes > most || title > 40 => return Err(refusal("A328", "text is too long")),
        _ => {}
    }
    let keys = text.file_key.as_deref().unwrap_or_default();
    if keys.len() > 3 {
        return Err(refusal("A319", "more than 3 files"));
    }
    if keys.iter().any(|key| !files.contains(key)) {
        return Err(refusal("A200", "unknown fileKey"));
    }
    Ok(())
}

impl Alimtalk {
    fn by_template(&self) -> bool {
        self.send_type.as_deref() == Some("template")
    }

    fn check(&self, world: &World) -> Result<(), Refusal> {
        if !world.setup.has_key(&self.sender_key) {
            return Err(refusal("A502", "senderKey"));
        }
        if world.setup.template(&self.template_code).is_none() {
            return Err(refusal("A505", "templateCode"));
        }
        if self.send_type.is_some() && !self.by_template() {
            return Err(refusal("A571", "sendType"));
        }
        if self.response_method.as_deref().is_some_and(|method| method != "push" && method != "polling") {
            return Err(refusal("A570", "responseMethod must be push or polling"));
        }
        let attachment = self.attachment.as_ref();
        if attachment.and_then(|a| a.item.as_ref()).is_some_and(|item| !(2..=10).contains(&item.list.len())) {
            return Err(refusal("A521", "2 to 10 items"));
        }
        if attachment.is_some_and(|a| a.button.iter().any(|button| button.kind.is_empty() || button.name.is_empty())) {
            return Err(refusal("A503", "a button has type and name"));
        }
        let replies = self.supplement.as_ref().map_or(&[][..], |supplement| &supplement.quick_reply);
        if replies.iter().any(|reply| reply.kind.is_empty() || reply.name.chars().count() > 14) {
            return Err(refusal("A562", "quickReply has type and name <= 14"));
        }
        if self.by_template() {
            return if self.text.is_none() { Ok(()) } else { Err(refusal("A571", "sendType template takes no text")) };
        }
        match (&self.text, self.msg_type.as_deref()) {
            (None, _) => Err(refusal("A303", "text is missing")),
            (_, None) => Err(refusal("A523", "msgType is missing")),
            (_, Some(kind)) if kind != "AT" && kind != "AI" => Err(refusal("A523", "msgType must be AT or AI")),
            (Some(text), _) if text.chars().count() > 1_300 => Err(refusal("A328", "text is too long")),
            _ => Ok(()),
        }
    }

    /// The finished text, and whether it can come from the template.
    fn finish(&self, template: &Template, words: &BTreeMap<String, String>) -> (String, bool) {
        let fill = |text: &str| {
            words.iter().fold(text.to_owned(), |text, (key, value)| text.replace(&format!("#{{{key}}}"), value))
        };
        if self.by_template() {
            let complete = template.variables().into_iter().all(|name| words.contains_key(name));
            return (fill(&template.text), complete);
        }
        let buttons = |list: &[Given]| {
            let filled = |given: &Given| {
                let button = Button::from(given);
                Button { mobile: fill(&button.mobile), pc: fill(&button.pc), ..button }
            };
            list.iter().map(filled).collect()
        };
        let item = |item: &Item| Item { title: fill(&item.title), description: fill(&item.description) };
        let attachment = self.attachment.as_ref();
        let said = Finished {
            text: fill(self.text.as_deref().unwrap_or_default()),
            title: self.title.as_deref().map(fill),
            header: self.header.as_deref().map(fill),
            highlight: attachment.and_then(|a| a.item_highlight.as_ref()).map(item),
            items: attachment.and_then(|a| a.item.as_ref()).map(|items| Items {
                list: items.list.iter().map(item).collect(),
                summary: items.summary.as_ref().map(item),
            }),
            buttons: buttons(attachment.map_or(&[], |a| &a.button)),
            quick_replies: buttons(self.supplement.as_ref().map_or(&[], |s| &s.quick_reply)),
        };
        let same = template.differs(&said).is_none();
        (said.text, same)
    }
}

impl Entry {
    fn channel(&self) -> Channel {
        match self {
            Entry { alimtalk: Some(_), .. } => Channel::Alimtalk,
            Entry { sms: Some(_), .. } => Channel::Sms,
            Entry { mms: Some(text), .. } if text.file_key.as_ref().is_some_and(|keys| !keys.is_empty()) => {
                Channel::Mms
            }
            _ => Channel::Lms,
        }
    }

    fn plan(&self, words: &BTreeMap<String, String>) -> Option<Plan> {
        let text = self.sms.as_ref().or(self.mms.as_ref())?;
        let fill = |text: &str| {
            words.iter().fold(text.to_owned(), |text, (key, value)| text.replace(&format!("#{{{key}}}"), value))
        };
        Some(Plan {
            channel: self.channel(),
            product: Product::Bizgo,
            from: text.from.as_str().into(),
            text: fill(&text.text).into(),
        })
    }
}

pub(super) fn send(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, true) {
        return refused;
    }
    let mut state = world.state();
    let wish = match read(world, ask, &state.memories.bizgo.files) {
        Ok(wish) if wish.resv_send_time.is_none() => wish,
        Ok(_) => return failed(&refusal("A011", "resvSendTime belongs to reservations")),
        Err(refused) => return failed(&refused),
    };
    if !within_rate(world, &mut state, wish.destinations.len()) {
        return too_many(failed(&refusal("A020", "rate limit")), Some(1));
    }
    match take(world, &mut state, &wish, None) {
        Ok((_, wire, list)) => on_wire(wire, || done(json!({"destinations": list}))),
        Err(answer) => answer,
    }
}

/// Takes the recipients that may be taken; the request, the fate of the wire and the answer for each.
pub(super) fn take(
    world: &World,
    state: &mut State,
    wish: &Wish,
    reserved: Option<i64>,
) -> Result<(u64, Wire, Vec<Value>), Response> {
    let now = world.clock.now();
    let known = known(state, wish, now);
    let channel = wish.message_flow.first().map_or(Channel::Sms, Entry::channel);
    let reference = |one: &Destination| one.reference.clone().or_else(|| wish.reference.clone()).unwrap_or_default();
    let fresh: Vec<&Destination> = wish.destinations.iter().filter(|one| !known.contains(one.to.as_str())).collect();
    let keys = fresh.iter().map(|one| (one.to.as_str(), fingerprint(reference(one))));
    let (rulings, wire) = match state.tries.admit(Product::Bizgo, channel, keys) {
        Admission::Cut => return Err(severed(crate::ask::Sever::Drop)),
        Admission::Whole(Reason::Throttled) => return Err(too_many(failed(&refusal("A020", "rate limit")), Some(1))),
        Admission::Whole(_) => return Err(stranger()),
        Admission::Go(rulings, wire) => (rulings, wire),
    };
    let mut rulings = rulings.into_iter();
    let alimtalk = wish.message_flow.first().and_then(|entry| entry.alimtalk.as_ref());
    let number = state.store.open(Request {
        product: Product::Bizgo,
        at: now,
        reserved,
        sender: alimtalk.map_or("", |a| &a.sender_key).into(),
        template: alimtalk.map_or("", |a| &a.template_code).into(),
        grouping: wish.resv_name.as_deref().unwrap_or_default().into(),
        urgent: false,
        messages: Vec::with_capacity(wish.destinations.len()),
    });
    let mut list = Vec::with_capacity(wish.destinations.len());
    for (place, one) in wish.destinations.iter().enumerate() {
        let key = state.store.requests.get(number).map(|request| message_key(request, number, place as u32 + 1));
        if known.contains(one.to.as_str()) {
            list.push(json!({"to": one.to, "msgKey": key, "code": "A301", "result": "already processed"}));
            continue;
        }
        let ruling = rulings.next().unwrap_or(Ruling::Taken);
        let refused = match ruling {
            Ruling::Refused(_, reason) => codes::answer(reason),
            _ => None,
        };
        if let Some(code) = refused {
            list.push(json!({"to": one.to, "msgKey": "", "code": code, "result": "refused"}));
            continue;
        }
        let message = message(world, wish, one, channel, &reference(one), ruling, place as u32 + 1);
        state.store.take(number, message);
        if let Some(key) = &wish.idempotency_key
            && let Some((_, accepted)) = state.memories.bizgo.keys.get_mut(key)
        {
            accepted.insert(one.to.as_str().into());
        }
        list.push(json!({"to": one.to, "msgKey": key, "code": "A000", "result": "Success"}));
    }
    Ok((number, wire, list))
}

/// The recipients that an earlier request with this key accepted.
fn known(state: &mut State, wish: &Wish, now: i64) -> HashSet<Box<str>> {
    let (Some(key), Some(ttl)) = (&wish.idempotency_key, wish.idempotency_ttl) else { return HashSet::new() };
    let keys = &mut state.memories.bizgo.keys;
    if keys.len() > 10_000 {
        keys.retain(|_, (until, _)| *until > now);
    }
    let entry = keys.entry(key.clone()).or_default();
    if entry.0 <= now {
        *entry = (now + ttl * 1_000, HashSet::new());
    }
    entry.1.clone()
}

fn message(
    world: &World,
    wish: &Wish,
    one: &Destination,
    channel: Channel,
    reference: &str,
    ruling: Ruling,
    seq: u32,
) -> Message {
    let mut message = Message::new(Product::Bizgo, channel, &one.to, reference);
    message.seq = seq;
    let mut flow = wish.message_flow.iter();
    if let Some(first) = flow.next() {
        if let Some(plan) = first.plan(&one.replace_words) {
            (message.from, message.text) = (plan.from, plan.text);
        }
        let template = |alimtalk: &Alimtalk| world.setup.template(&alimtalk.template_code);
        if let Some((alimtalk, template)) = first.alimtalk.as_ref().and_then(|a| Some((a, template(a)?))) {
            let (text, same) = alimtalk.finish(template, &one.replace_words);
            message.text = text.into();
            if !same {
                message.verdict = Some((Class::Configuration, Reason::TemplateMismatch));
            }
        }
    }
    message.plans.extend(flow.filter_map(|entry| entry.plan(&one.replace_words)));
    message.unsettled = ruling == Ruling::TakenUnsettled;
    if let Ruling::Refused(class, reason) = ruling {
        message.verdict = Some((class, reason));
    }
    message
}

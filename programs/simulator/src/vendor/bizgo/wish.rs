//! What is asked for, now or later: recipients and the channels in their order.
//!
//! Invariant: what is read here breaks no rule that concerns all recipients.

use super::{Refusal, refusal};
use crate::ask::Ask;
use crate::matching::korean_bytes;
use crate::setup::{Button, Finished, Item, Items, Template};
use crate::store::{Plan, Product};
use crate::world::World;
use alimi::message::Channel;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

/// A request to send.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Wish {
    pub(super) destinations: Vec<Destination>,
    pub(super) message_flow: Vec<Entry>,
    pub(super) idempotency_key: Option<String>,
    pub(super) idempotency_ttl: Option<i64>,
    #[serde(rename = "ref")]
    pub(super) reference: Option<String>,
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
    pub(super) replace_words: BTreeMap<String, String>,
    #[serde(rename = "ref")]
    pub(super) reference: Option<String>,
}

/// Exactly one channel.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Entry {
    pub(super) alimtalk: Option<Alimtalk>,
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
pub(super) struct Alimtalk {
    pub(super) sender_key: String,
    pub(super) template_code: String,
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
    pub(super) fn finish(&self, template: &Template, words: &BTreeMap<String, String>) -> (String, bool) {
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
    /// The channel it names.
    pub(super) fn channel(&self) -> Channel {
        match self {
            Entry { alimtalk: Some(_), .. } => Channel::Alimtalk,
            Entry { sms: Some(_), .. } => Channel::Sms,
            Entry { mms: Some(text), .. } if text.file_key.as_ref().is_some_and(|keys| !keys.is_empty()) => {
                Channel::Mms
            }
            _ => Channel::Lms,
        }
    }

    /// The text it sends, if it is one.
    pub(super) fn plan(&self, words: &BTreeMap<String, String>) -> Option<Plan> {
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

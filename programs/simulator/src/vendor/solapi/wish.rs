//! A message as it is asked for, and whether it may be sent.
//!
//! Invariants: a message is refused by its own 1xxx code; the type is worked out from the content where it is not given.

use crate::matching::{fill, korean_bytes, names};
use crate::setup::{Button, Difference, Finished, Status, Template};
use crate::store::{Plan, Product};
use crate::world::World;
use alimi::message::Channel;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A message as it is asked for.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Wish {
    to: To,
    pub(super) from: Option<String>,
    text: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(rename = "country")]
    _country: Option<String>,
    subject: Option<String>,
    image_id: Option<String>,
    pub(super) kakao_options: Option<Kakao>,
    #[serde(default)]
    pub(super) custom_fields: BTreeMap<String, String>,
    #[serde(rename = "replacements", default)]
    _replacements: Option<Value>,
    #[serde(rename = "autoTypeDetect", default)]
    _auto_type_detect: Option<bool>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum To {
    One(String),
    Several(Vec<String>),
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Kakao {
    pf_id: String,
    template_id: Option<String>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    #[serde(default)]
    disable_sms: bool,
    #[serde(default)]
    buttons: Vec<Given>,
    title: Option<String>,
    #[serde(rename = "imageId")]
    _image_id: Option<String>,
    #[serde(rename = "adFlag", default)]
    _ad_flag: Option<bool>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[derive(Default)]
struct Given {
    button_name: String,
    button_type: String,
    link_mo: String,
    link_pc: String,
    link_and: String,
    link_ios: String,
    #[serde(rename = "targetOut")]
    _target_out: Option<bool>,
}

type Refusal = (&'static str, &'static str);

/// A message with one recipient that may be taken.
pub(super) struct Ready {
    pub(super) channel: Channel,
    pub(super) text: String,
    pub(super) plan: Option<Plan>,
}

impl Wish {
    /// Its recipients.
    pub(super) fn recipients(&self) -> &[String] {
        match &self.to {
            To::One(to) => std::slice::from_ref(to),
            To::Several(list) => list,
        }
    }

    /// What the caller knows it by.
    pub(super) fn reference(&self) -> String {
        // Most callers have one field; its value alone is what they know the message by.
        match self.custom_fields.len() {
            0 => String::new(),
            1 => self.custom_fields.values().next().cloned().unwrap_or_default(),
            _ => serde_json::to_string(&self.custom_fields).unwrap_or_default(),
        }
    }

    /// The name of the field that is the reference.
    pub(super) fn label(&self) -> &str {
        match self.custom_fields.len() {
            1 => self.custom_fields.keys().next().map_or("", String::as_str),
            _ => "",
        }
    }

    /// Checks everything but the recipient.
    pub(super) fn prepare(&self, world: &World) -> Result<Ready, Refusal> {
        let long = |(key, value): (&String, &String)| key.chars().count() > 30 || value.chars().count() > 100;
        if self.custom_fields.iter().any(long) {
            return Err(("1010", "customFields: key <= 30, value <= 100"));
        }
        let from = self.from.as_deref().unwrap_or_default();
        if let Some(kakao) = &self.kakao_options {
            return self.alimtalk(world, kakao, from);
        }
        if self.kind.as_deref() == Some("ATA") {
            return Err(("1010", "kakaoOptions is missing"));
        }
        if from.is_empty() {
            return Err(("1010", "from is missing"));
        }
        if !world.setup.has_number(from) {
            return Err(("1062", "발신번호가 등록되지 않았습니다."));
        }
        let text = self.text.clone().filter(|text| !text.is_empty()).ok_or(("1010", "text is missing"))?;
        let subject = self.subject.as_deref().unwrap_or_default();
        let (Some(bytes), Some(title)) = (korean_bytes(&text), korean_bytes(subject)) else {
            return Err(("1029", "EUC-KR이 아닌 문자가 있습니다."));
        };
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            return Err(("1028", "전송할 수 없는 문자가 있습니다."));
        }
        let channel = match self.kind.as_deref() {
            Some("SMS") => Channel::Sms,
            Some("LMS") => Channel::Lms,
            Some("MMS") => Channel::Mms,
            Some(_) => return Err(("1010", "the simulator knows ATA, SMS, LMS and MMS")),
            None if self.image_id.is_some() => Channel::Mms,
            None if bytes > 90 || title > 0 => Channel::Lms,
            None => Channel::Sms,
        };
        match channel {
            Channel::Sms if title > 0 => Err(("1013", "SMS에는 제목을 쓸 수 없습니다.")),
            Channel::Mms if self.image_id.is_none() => Err(("1010", "imageId is missing")),
            _ if title > 40 => Err(("1013", "subject <= 40 bytes")),
            Channel::Sms if bytes > 90 => Err(("1031", "메시지가 너무 깁니다.")),
            _ if bytes > 2_000 => Err(("1031", "메시지가 너무 깁니다.")),
            _ => Ok(Ready { channel, text, plan: None }),
        }
    }

    fn alimtalk(&self, world: &World, kakao: &Kakao, from: &str) -> Result<Ready, Refusal> {
        if self.kind.as_deref().is_some_and(|kind| kind != "ATA") {
            return Err(("1010", "kakaoOptions goes with type ATA"));
        }
        if !world.setup.senders.iter().any(|sender| sender.pf_id == kakao.pf_id) {
            return Err(("1041", "등록되지 않은 채널입니다."));
        }
        let id = kakao.template_id.as_deref().unwrap_or_default();
        let code = id.strip_prefix("KA01TP-").unwrap_or_default();
        let template = world.setup.template(code).filter(|template| template.status == Status::Approved);
        let template = template.ok_or(("1042", "등록되지 않은 템플릿입니다."))?;
        let text = match &self.text {
            Some(text) if kakao.variables.is_empty() && !names(&template.text).is_empty() => {
                same_as(template, text, kakao)?;
                text.clone()
            }
            _ => filled(template, kakao)?,
        };
        if text.chars().count() > 1_000 {
            return Err(("1031", "메시지가 너무 깁니다."));
        }
        let mut plan = None;
        if !kakao.disable_sms && !from.is_empty() {
            if !world.setup.has_number(from) {
                return Err(("1062", "발신번호가 등록되지 않았습니다."));
            }
            let wording = self.text.clone().unwrap_or_else(|| text.clone());
            let short = korean_bytes(&wording).is_some_and(|bytes| bytes <= 90);
            let channel = if short { Channel::Sms } else { Channel::Lms };
            plan = Some(Plan { channel, product: Product::Solapi, from: from.into(), text: wording.into() });
        }
        Ok(Ready { channel: Channel::Alimtalk, text, plan })
    }
}

/// Fills the template; names come with their marks.
fn filled(template: &Template, kakao: &Kakao) -> Result<String, Refusal> {
    let marked = |key: &String| key.starts_with("#{") && key.ends_with('}') && !key.contains('.');
    if !kakao.variables.keys().all(marked) {
        return Err(("1010", "names of variables are written #{name}, without a full stop"));
    }
    let value = |name: &str| kakao.variables.get(&format!("#{{{name}}}")).map(String::as_str);
    if template.variables().into_iter().any(|name| value(name).is_none()) {
        return Err(("1043", "a variable is missing"));
    }
    fill(&template.text, value).ok_or(("1043", "a variable is missing"))
}

/// The older way: finished text and buttons equal to the template.
fn same_as(template: &Template, text: &str, kakao: &Kakao) -> Result<(), Refusal> {
    let button = |given: &Given| Button {
        kind: given.button_type.clone(),
        name: given.button_name.clone(),
        mobile: given.link_mo.clone(),
        pc: given.link_pc.clone(),
        ios: given.link_ios.clone(),
        android: given.link_and.clone(),
    };
    let said = Finished {
        text: text.to_owned(),
        title: kakao.title.clone(),
        // The call has no fields for these: they are the template's.
        header: template.header.clone(),
        highlight: template.highlight.clone(),
        items: template.items.clone(),
        buttons: kakao.buttons.iter().map(button).collect(),
        quick_replies: template.quick_replies.clone(),
    };
    match template.differs(&said) {
        None => Ok(()),
        Some(Difference::ButtonCount) if said.buttons.len() > template.buttons.len() => {
            Err(("1047", "buttons that the template lacks"))
        }
        Some(Difference::ButtonCount) => Err(("1046", "buttons are missing")),
        Some(Difference::Button) => Err(("1052", "buttons differ from the template")),
        Some(_) => Err(("1043", "content differs from the template")),
    }
}

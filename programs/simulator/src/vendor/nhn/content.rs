//! AlimTalk: one recipient's content, filled in or in full, and what may be sent in its place.
//!
//! Invariant: what leaves here can come from the template, part by part.

use super::{Refusal, refusal};
use crate::matching::{fill, korean_bytes};
use crate::setup::{Button, Difference, Finished, Item, Items, Template};
use crate::store::{Plan, Product};
use crate::world::World;
use alimi::message::Channel;
use serde::Deserialize;
use std::collections::HashMap;

/// One recipient, in either form of the call.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Recipient {
    pub(super) recipient_no: String,
    pub(super) recipient_grouping_key: Option<String>,
    resend_parameter: Option<ResendParameter>,
    template_parameter: HashMap<String, String>,
    content: Option<String>,
    template_title: Option<String>,
    template_header: Option<String>,
    template_item: Option<Items>,
    template_item_highlight: Option<Item>,
    template_represent_link: Option<serde_json::Value>,
    buttons: Vec<Given>,
    quick_replies: Vec<Given>,
}

/// A button as this call names its parts.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Given {
    ordering: Option<u32>,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    link_mo: String,
    link_pc: String,
    scheme_ios: String,
    scheme_android: String,
    chat_extra: Option<String>,
    chat_event: Option<String>,
    biz_form_id: Option<i64>,
    plugin_id: Option<String>,
    relay_id: Option<String>,
    one_click_id: Option<String>,
    product_id: Option<String>,
    target: Option<String>,
    tel_number: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct ResendParameter {
    is_resend: bool,
    resend_type: Option<String>,
    resend_title: Option<String>,
    resend_content: Option<String>,
    resend_send_no: Option<String>,
}

/// The finished text and what is sent in its place, or why the recipient is refused.
pub(super) fn content(
    world: &World,
    template: &Template,
    one: &Recipient,
    raw: bool,
    urgent: bool,
) -> Result<(String, Option<Plan>), Refusal> {
    if one.recipient_no.is_empty() || one.recipient_no.len() > 15 {
        return Err(refusal(-5000, "invalid recipientNo"));
    }
    let text = if raw { full_text(template, one)? } else { filled(template, one)? };
    if text.chars().count() > 1_300 {
        return Err(refusal(-2019, "content is longer than 1300"));
    }
    let words = ["auth", "password", "verif", "にんしょう", "認証", "비밀번호", "인증"];
    let low = if urgent { text.to_lowercase() } else { String::new() };
    if urgent && !words.iter().any(|word| low.contains(word)) {
        return Err(refusal(-8006, "no authentication word"));
    }
    let plan = resend(world, one, &text)?;
    Ok((text, plan))
}

fn filled(template: &Template, one: &Recipient) -> Result<String, Refusal> {
    if one.content.is_some() || one.template_title.is_some() {
        return Err(refusal(4, "content and templateTitle belong to raw-messages"));
    }
    let values = &one.template_parameter;
    if values.keys().any(|name| name.contains('@')) {
        return Err(refusal(-3347, "a key contains @"));
    }
    if values.values().any(|value| value.chars().count() > 1_300) {
        return Err(refusal(-3048, "a value is too long"));
    }
    let names = template.variables();
    if names.iter().any(|name| !values.contains_key(*name)) {
        return Err(refusal(-3004, "templateParameter lacks a variable"));
    }
    if values.len() > names.len() {
        return Err(refusal(-3049, "templateParameter has a key that is not in the template"));
    }
    let value = |name: &str| values.get(name).map(String::as_str);
    fill(&template.text, value).ok_or_else(|| refusal(-3004, "templateParameter lacks a variable"))
}

fn full_text(template: &Template, one: &Recipient) -> Result<String, Refusal> {
    let Some(text) = one.content.clone().filter(|_| one.template_parameter.is_empty()) else {
        return Err(refusal(-2018, "content is missing, or templateParameter is given with it"));
    };
    let long = |text: &Option<String>, most: usize| text.as_ref().is_some_and(|text| text.chars().count() > most);
    if long(&one.template_title, 50) {
        return Err(refusal(-2032, "templateTitle is longer than 50"));
    }
    if long(&one.template_header, 16) {
        return Err(refusal(-2033, "templateHeader is longer than 16"));
    }
    if one.template_represent_link.is_some() {
        return Err(refusal(-3046, "templateRepresentLink does not match"));
    }
    let shape = |item: &Item, title: usize, text: usize| {
        item.title.chars().count() <= title && item.description.chars().count() <= text
    };
    if one
        .template_item
        .as_ref()
        .is_some_and(|items| !(2..=10).contains(&items.list.len()) || !items.list.iter().all(|item| shape(item, 6, 23)))
    {
        return Err(refusal(-2034, "templateItem"));
    }
    if one.template_item_highlight.as_ref().is_some_and(|item| !shape(item, 30, 19)) {
        return Err(refusal(-2036, "templateItemHighlight"));
    }
    if one.buttons.len() > 5 || one.quick_replies.len() > 10 || (!one.quick_replies.is_empty() && one.buttons.len() > 2)
    {
        return Err(refusal(-2505, "too many buttons"));
    }
    let buttons = buttons(&one.buttons)?;
    let said = Finished {
        text: text.clone(),
        title: one.template_title.clone(),
        header: one.template_header.clone(),
        highlight: one.template_item_highlight.clone(),
        items: one.template_item.clone(),
        buttons,
        quick_replies: self::buttons(&one.quick_replies)?,
    };
    match template.differs(&said) {
        None => Ok(text),
        Some(Difference::Text) => Err(refusal(-3010, "content does not match the template")),
        Some(Difference::Title) => Err(refusal(-3033, "templateTitle does not match the template")),
        Some(Difference::Header) => Err(refusal(-3042, "templateHeader does not match the template")),
        Some(Difference::Highlight | Difference::Items) => {
            Err(refusal(-3043, "templateItem does not match the template"))
        }
        Some(_) => Err(refusal(-3011, "buttons do not match the template")),
    }
}

fn buttons(given: &[Given]) -> Result<Vec<Button>, Refusal> {
    let mut buttons = Vec::with_capacity(given.len());
    for (place, button) in given.iter().enumerate() {
        if button.ordering != Some(place as u32 + 1) {
            return Err(refusal(-2504, "ordering must count from 1"));
        }
        let links = [&button.link_mo, &button.link_pc];
        if links.iter().any(|link| !link.is_empty() && !link.starts_with("http://") && !link.starts_with("https://")) {
            return Err(refusal(-3006, "a link must begin with http:// or https://"));
        }
        let apps = [&button.scheme_android, &button.scheme_ios, &button.link_mo];
        let app_links = apps.iter().filter(|link| !link.is_empty()).count();
        if (button.kind == "AL" && app_links < 2) || (button.kind == "WL" && button.link_mo.is_empty()) {
            return Err(refusal(-3007, "a link is missing"));
        }
        let long = |text: &Option<String>, most| text.as_ref().is_some_and(|text| text.len() > most);
        let all = [&button.link_mo, &button.link_pc, &button.scheme_ios, &button.scheme_android];
        if button.name.chars().count() > 14
            || all.iter().any(|link| link.chars().count() > 500)
            || long(&button.plugin_id, 24)
            || long(&button.tel_number, 14)
            || long(&button.chat_event, 50)
            || button.target.as_deref().is_some_and(|target| target != "out")
            || (button.kind == "AC" && button.name != "채널 추가")
            || (button.kind == "TN" && button.tel_number.is_none())
            || (button.kind == "BF" && place != 0 && button.biz_form_id.is_some())
        {
            return Err(refusal(-2504, "a button breaks its rules"));
        }
        // Given for plug-ins and bots alone; nothing compares them with the template.
        let _ = (&button.chat_extra, &button.relay_id, &button.one_click_id, &button.product_id);
        buttons.push(Button {
            kind: button.kind.clone(),
            name: button.name.clone(),
            mobile: button.link_mo.clone(),
            pc: button.link_pc.clone(),
            ios: button.scheme_ios.clone(),
            android: button.scheme_android.clone(),
        });
    }
    Ok(buttons)
}

/// What NHN's SMS product sends when Kakao cannot deliver.
fn resend(world: &World, one: &Recipient, text: &str) -> Result<Option<Plan>, Refusal> {
    let Some(wish) = one.resend_parameter.as_ref().filter(|wish| wish.is_resend) else { return Ok(None) };
    if !world.setup.nhn.resend {
        return Err(refusal(-2502, "resend is not set up"));
    }
    let from = match &wish.resend_send_no {
        Some(number) if !world.setup.has_number(number) => return Err(refusal(-1003, "invalid resendSendNo")),
        Some(number) => number.clone(),
        None => world.setup.sender_numbers.first().cloned().unwrap_or_default(),
    };
    let text = wish.resend_content.as_deref().unwrap_or(text);
    let channel = match wish.resend_type.as_deref() {
        Some("SMS") => Channel::Sms,
        Some("LMS") => Channel::Lms,
        Some(_) => return Err(refusal(4, "resendType must be SMS or LMS")),
        None if wish.resend_title.is_none() && korean_bytes(text).is_some_and(|bytes| bytes <= 90) => Channel::Sms,
        None => Channel::Lms,
    };
    Ok(Some(Plan { channel, product: Product::NhnSms, from: from.into(), text: text.into() }))
}

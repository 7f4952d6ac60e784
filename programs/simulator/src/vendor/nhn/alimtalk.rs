//! AlimTalk: the four send calls.
//!
//! Invariants: a request is taken as a whole or refused as a whole, but for single recipients, who are refused by their own
//! code; unknown fields are refused, so that a misspelt name is seen.

use super::codes;
use super::{Header, KEY_MS, OK, Refusal, failed, log_in, refusal, request_id};
use crate::ask::{Ask, json, on_wire, too_many};
use crate::clock::{DAY_MS, MINUTES, read_korean};
use crate::fate::{Admission, Ruling, Wire};
use crate::matching::{fill, korean_bytes};
use crate::setup::{Button, Difference, Finished, Item, Items, Status, Template};
use crate::signing::fingerprint;
use crate::store::{Message, Plan, Product, Request};
use crate::vendor::trouble;
use crate::world::{State, World};
use alimi::message::{Channel, Reason};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Send {
    sender_key: String,
    template_code: String,
    request_date: Option<String>,
    sender_grouping_key: Option<String>,
    #[serde(rename = "createUser")]
    _create_user: Option<String>,
    recipient_list: Vec<Recipient>,
    #[serde(rename = "messageOption")]
    _message_option: Option<serde_json::Value>,
    stats_id: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Recipient {
    recipient_no: String,
    recipient_grouping_key: Option<String>,
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Result<'a> {
    recipient_seq: usize,
    recipient_no: &'a str,
    result_code: i32,
    result_message: &'a str,
    recipient_grouping_key: Option<&'a str>,
}

pub(super) fn send(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, true) {
        return refused;
    }
    let raw = ask.target.contains("raw-messages");
    let urgent = ask.target.contains("/auth/");
    let now = world.clock.now();
    let wish = match read(world, ask, now) {
        Ok(wish) => wish,
        Err(refused) => return failed(&refused),
    };
    let mut state = world.state();
    if let Err(refused) = use_key(&mut state, ask, now) {
        return failed(&refused);
    }
    let template = match world.setup.template(&wish.template_code) {
        None => return failed(&refusal(-3003, "template not found")),
        Some(template) if template.status != Status::Approved => {
            return failed(&refusal(-3005, "template is not approved"));
        }
        Some(template) => template,
    };
    let list = &wish.recipient_list;
    let keys = list.iter().map(|one| (one.recipient_no.as_str(), fingerprint(one.recipient_grouping_key.as_deref())));
    let (rulings, wire) = match state.tries.admit(Product::NhnAlimtalk, Channel::Alimtalk, keys) {
        Admission::Cut => return crate::ask::severed(crate::ask::Sever::Drop),
        Admission::Whole(Reason::Throttled) => {
            return too_many(trouble(crate::Vendor::Nhn, StatusCode::TOO_MANY_REQUESTS), Some(1));
        }
        Admission::Whole(_) => return super::stranger(true),
        Admission::Go(rulings, wire) => (rulings, wire),
    };
    let contents: Vec<_> = list.iter().map(|one| content(world, template, one, raw, urgent)).collect();
    answer(&mut state, now, &wish, urgent, contents, &rulings, wire)
}

/// Reads the body and checks what concerns all recipients.
fn read(world: &World, ask: &Ask, now: i64) -> std::result::Result<Send, Refusal> {
    if !ask.says_json() {
        return Err(refusal(-9996, "Content-Type must be application/json"));
    }
    let wish: Send = serde_json::from_slice(&ask.body).map_err(|error| (4, error.to_string()))?;
    if !world.setup.has_key(&wish.sender_key) {
        return Err(refusal(-2017, "senderKey not found"));
    }
    let long = |text: &Option<String>, most: usize| text.as_ref().is_some_and(|text| text.chars().count() > most);
    if wish.template_code.chars().count() > 20 || long(&wish.sender_grouping_key, 100) || long(&wish.stats_id, 8) {
        return Err(refusal(4, "templateCode <= 20, senderGroupingKey <= 100, statsId <= 8"));
    }
    if wish.recipient_list.is_empty() || wish.recipient_list.len() > 1_000 {
        return Err(refusal(-2003, "recipientList must have 1 to 1000 members"));
    }
    if wish.recipient_list.iter().any(|one| long(&one.recipient_grouping_key, 100)) {
        return Err(refusal(4, "recipientGroupingKey <= 100"));
    }
    reserved(&wish.request_date, now)?;
    Ok(wish)
}

/// The reserved time.
pub(super) fn reserved(date: &Option<String>, now: i64) -> std::result::Result<Option<i64>, Refusal> {
    let Some(date) = date else { return Ok(None) };
    let at = read_korean(date, MINUTES).ok_or_else(|| refusal(-2027, "requestDate must be yyyy-MM-dd HH:mm"))?;
    match at {
        // The minute that is running still counts as now.
        _ if at + 60_000 <= now => Err(refusal(-2025, "requestDate is in the past")),
        _ if at > now + 60 * DAY_MS => Err(refusal(-2026, "requestDate is too far")),
        _ => Ok((at > now).then_some(at)),
    }
}

/// A key may be used once in ten minutes.
fn use_key(state: &mut State, ask: &Ask, now: i64) -> std::result::Result<(), Refusal> {
    let key = ask.header("x-nc-api-idempotency-key");
    if key.is_empty() {
        return Ok(());
    }
    let keys = &mut state.memories.nhn.keys;
    if keys.len() > 10_000 {
        keys.retain(|_, used| now - *used < KEY_MS);
    }
    if keys.get(key).is_some_and(|used| now - *used < KEY_MS) {
        return Err(refusal(-1005, "duplicated idempotency key"));
    }
    keys.insert(key.to_owned(), now);
    Ok(())
}

/// The finished text and what is sent in its place, or why the recipient is refused.
fn content(
    world: &World,
    template: &Template,
    one: &Recipient,
    raw: bool,
    urgent: bool,
) -> std::result::Result<(String, Option<Plan>), Refusal> {
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

fn filled(template: &Template, one: &Recipient) -> std::result::Result<String, Refusal> {
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

fn full_text(template: &Template, one: &Recipient) -> std::result::Result<String, Refusal> {
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

fn buttons(given: &[Given]) -> std::result::Result<Vec<Button>, Refusal> {
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
fn resend(world: &World, one: &Recipient, text: &str) -> std::result::Result<Option<Plan>, Refusal> {
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

/// Takes the recipients that may be taken and says so for each.
fn answer(
    state: &mut State,
    now: i64,
    wish: &Send,
    urgent: bool,
    contents: Vec<std::result::Result<(String, Option<Plan>), Refusal>>,
    rulings: &[Ruling],
    wire: Wire,
) -> Response {
    let grouping = wish.sender_grouping_key.as_deref().unwrap_or_default();
    let request = state.store.open(Request {
        product: Product::NhnAlimtalk,
        at: now,
        reserved: reserved(&wish.request_date, now).unwrap_or_default(),
        sender: wish.sender_key.as_str().into(),
        template: wish.template_code.as_str().into(),
        grouping: grouping.into(),
        urgent,
        messages: Vec::with_capacity(wish.recipient_list.len()),
    });
    let mut taken = 0;
    let mut codes: Vec<(i32, std::borrow::Cow<'static, str>)> = Vec::with_capacity(contents.len());
    for (place, ((one, content), ruling)) in wish.recipient_list.iter().zip(contents).zip(rulings).enumerate() {
        let verdict = match ruling {
            Ruling::Refused(class, reason) => match codes::alimtalk_answer(*reason) {
                Some((code, words)) => Err((code, words.into())),
                None => Ok(Some((*class, *reason))),
            },
            _ => Ok(None),
        };
        let taking = content.map_err(|(code, words)| (code, words.into())).and_then(|content| Ok((content, verdict?)));
        match taking {
            Err(refused) => codes.push(refused),
            Ok(((text, plan), verdict)) => {
                let reference = one.recipient_grouping_key.as_deref().unwrap_or_default();
                let mut message = Message::new(Product::NhnAlimtalk, Channel::Alimtalk, &one.recipient_no, reference);
                message.seq = place as u32 + 1;
                message.text = text.into();
                message.plans.extend(plan);
                message.verdict = verdict;
                message.unsettled = *ruling == Ruling::TakenUnsettled;
                state.store.take(request, message);
                taken += 1;
                codes.push((0, "success".into()));
            }
        }
    }
    let results: Vec<Result> = wish
        .recipient_list
        .iter()
        .zip(&codes)
        .enumerate()
        .map(|(place, (one, (code, words)))| Result {
            recipient_seq: place + 1,
            recipient_no: &one.recipient_no,
            result_code: *code,
            result_message: words,
            recipient_grouping_key: one.recipient_grouping_key.as_deref(),
        })
        .collect();
    on_wire(wire, || {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            request_id: Option<String>,
            sender_grouping_key: Option<&'a str>,
            send_results: &'a [Result<'a>],
        }
        #[derive(Serialize)]
        struct Whole<'a> {
            header: Header<'a>,
            message: Body<'a>,
        }
        let header = if taken == 0 { Header::new(-1031, "every recipient was refused") } else { OK };
        let request_id = (taken > 0).then(|| request_id(now, request));
        let message =
            Body { request_id, sender_grouping_key: wish.sender_grouping_key.as_deref(), send_results: &results };
        json(StatusCode::OK, &Whole { header, message })
    })
}

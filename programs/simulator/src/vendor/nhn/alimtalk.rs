//! AlimTalk: the four send calls.
//!
//! Invariants: a request is taken as a whole or refused as a whole, but for single recipients, who are refused by their own
//! code; unknown fields are refused, so that a misspelt name is seen.

use super::codes;
use super::content::{Recipient, content};
use super::{Header, KEY_MS, OK, Refusal, failed, log_in, refusal, request_id};
use crate::ask::{Ask, json, on_wire, too_many};
use crate::clock::{DAY_MS, MINUTES, read_korean};
use crate::fate::{Admission, Ruling, Wire};
use crate::journal;
use crate::setup::Status;
use crate::signing::fingerprint;
use crate::store::{Message, Plan, Product, Request};
use crate::vendor::trouble;
use crate::world::{State, World};
use alimi::message::{Channel, Reason};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

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
    let keys = list.iter().map(|one| {
        (
            one.recipient_no.as_str(),
            fingerprint(journal::name(one.recipient_grouping_key.as_deref().unwrap_or_default())),
        )
    });
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

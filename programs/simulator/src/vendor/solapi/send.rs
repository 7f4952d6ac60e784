//! Sending: one message, many, and what both check.
//!
//! Invariants: a message is refused by its own 1xxx code, never the whole request for it; the type is worked out from the
//! content where it is not given; the number of recipients counts, not of messages.

use super::wish::Wish;
use super::{Memory, codes, failure, group_id, invalid, log_in, message_id, refused};
use crate::ask::{Ask, json, on_wire, severed, too_many};
use crate::clock::{DAY_MS, read_iso};
use crate::fate::{Admission, Ruling, Wire};
use crate::journal;
use crate::signing::fingerprint;
use crate::store::{Message, Product, Request};
use crate::vendor::trouble;
use crate::world::{State, World};
use alimi::message::{Channel, Reason};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};

/// Most recipients of one request.
const RECIPIENTS_MAX: usize = 10_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Many {
    messages: Vec<Wish>,
    #[serde(default)]
    allow_duplicates: bool,
    #[serde(rename = "agent", default)]
    _agent: Option<Value>,
    #[serde(rename = "strict", default)]
    _strict: Option<bool>,
    scheduled_date: Option<String>,
    #[serde(default)]
    show_message_list: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(rename_all = "camelCase")]
struct One {
    message: Wish,
    #[serde(rename = "agent", default)]
    _agent: Option<Value>,
    #[serde(rename = "strict", default)]
    _strict: Option<bool>,
    #[serde(rename = "allowDuplicates", default)]
    _allow_duplicates: Option<bool>,
}

/// What was refused, as the answer lists it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failed<'a> {
    to: &'a str,
    from: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    status_message: &'a str,
    country: &'a str,
    message_id: String,
    status_code: &'a str,
    account_id: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    custom_fields: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    message_id: String,
    status_code: &'static str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    custom_fields: &'a BTreeMap<String, String>,
    status_message: &'static str,
}

/// What became of a request.
struct Sent<'a> {
    group: u64,
    at: i64,
    failed: Vec<Failed<'a>>,
    listed: Vec<Listed<'a>>,
    wire: Wire,
}

/// Takes what may be taken.
fn take<'a>(
    world: &World,
    state: &mut State,
    wishes: &'a [Wish],
    now: i64,
    scheduled: Option<i64>,
    duplicates: bool,
) -> Result<Sent<'a>, Response> {
    let flat: Vec<(&Wish, &str)> =
        wishes.iter().flat_map(|wish| wish.recipients().iter().map(move |to| (wish, to.as_str()))).collect();
    if flat.is_empty() || flat.len() > RECIPIENTS_MAX {
        return Err(invalid("1 to 10000 recipients"));
    }
    let alimtalk = wishes.first().is_some_and(|wish| wish.kakao_options.is_some());
    let channel = if alimtalk { Channel::Alimtalk } else { Channel::Sms };
    let keys = flat.iter().map(|(wish, to)| (*to, fingerprint(journal::name(&wish.reference()))));
    let (rulings, wire) = match state.tries.admit(Product::Solapi, channel, keys) {
        Admission::Cut => return Err(severed(crate::ask::Sever::Drop)),
        Admission::Whole(Reason::Throttled) => {
            return Err(too_many(trouble(crate::Vendor::Solapi, StatusCode::TOO_MANY_REQUESTS), Some(1)));
        }
        Admission::Whole(_) => return Err(refused("InvalidAPIKey", "유효하지 않은 API 키입니다.")),
        Admission::Go(rulings, wire) => (rulings, wire),
    };
    let group = state.store.open(Request {
        product: Product::Solapi,
        at: now,
        reserved: scheduled,
        sender: Box::default(),
        template: Box::default(),
        grouping: Box::default(),
        urgent: false,
        messages: Vec::with_capacity(flat.len()),
    });
    let mut sent = Sent { group, at: now, failed: Vec::new(), listed: Vec::with_capacity(flat.len()), wire };
    let mut seen = HashSet::with_capacity(flat.len());
    for ((wish, to), ruling) in flat.into_iter().zip(rulings) {
        let code = match ruling {
            _ if !duplicates && !seen.insert(to) => Some(("1026", "중복된 수신번호입니다.")),
            Ruling::Refused(_, reason) => codes::answer(reason),
            _ => None,
        };
        let ready = code.map_or_else(|| wish.prepare(world), Err);
        match ready {
            Err((code, words)) => sent.failed.push(Failed {
                to,
                from: wish.from.as_deref().unwrap_or_default(),
                kind: wish.kind.as_deref().unwrap_or(if wish.kakao_options.is_some() { "ATA" } else { "SMS" }),
                status_message: words,
                country: "82",
                message_id: format!("M4VFAIL{:024}", sent.failed.len()),
                status_code: code,
                account_id: "simulator",
                custom_fields: &wish.custom_fields,
            }),
            Ok(ready) => {
                let mut message = Message::new(Product::Solapi, ready.channel, to, &wish.reference());
                message.label = wish.label().into();
                message.text = ready.text.into();
                message.from = wish.from.as_deref().unwrap_or_default().into();
                message.plans.extend(ready.plan);
                message.unsettled = ruling == Ruling::TakenUnsettled;
                if let Ruling::Refused(class, reason) = ruling {
                    message.verdict = Some((class, reason));
                }
                let id = state.store.take(group, message);
                sent.listed.push(Listed {
                    message_id: message_id(now, id),
                    status_code: "2000",
                    custom_fields: &wish.custom_fields,
                    status_message: "정상 접수",
                });
            }
        }
    }
    let memory: &mut Memory = &mut state.memories.solapi;
    if !sent.failed.is_empty() {
        memory.refused.insert(group, sent.failed.len());
    }
    Ok(sent)
}

pub(super) fn one(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let wish: One = match serde_json::from_slice(&ask.body) {
        Ok(wish) => wish,
        Err(error) => return invalid(&error.to_string()),
    };
    let now = world.clock.now();
    let mut state = world.state();
    let wishes = std::slice::from_ref(&wish.message);
    if wish.message.recipients().len() != 1 {
        return invalid("/send takes one recipient");
    }
    let sent = match take(world, &mut state, wishes, now, None, true) {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    on_wire(sent.wire, || {
        let listed = sent.listed.first();
        let failed = sent.failed.first();
        let to = wish.message.recipients().first();
        let kind =
            listed.and_then(|_| state.store.messages.iter().next_back().map(|(_, m)| super::list::kind(m.channel)));
        json(
            StatusCode::OK,
            &json!({
                "groupId": group_id(sent.at, sent.group),
                "messageId": listed.map(|l| l.message_id.as_str()).or(failed.map(|f| f.message_id.as_str())),
                "accountId": "simulator",
                "statusMessage": listed.map(|l| l.status_message).or(failed.map(|f| f.status_message)),
                "statusCode": listed.map(|l| l.status_code).or(failed.map(|f| f.status_code)),
                "to": to, "from": wish.message.from, "type": kind.or(failed.map(|f| f.kind)), "country": "82",
            }),
        )
    })
}

/// The scheduled time.
pub(super) fn scheduled(text: Option<&str>, now: i64) -> Result<Option<i64>, Response> {
    let Some(text) = text else { return Ok(None) };
    let at = read_iso(text).ok_or_else(|| invalid("scheduledDate must be ISO 8601 with a zone"))?;
    if at > now + 183 * DAY_MS {
        return Err(invalid("scheduledDate is more than 6 months ahead"));
    }
    Ok((at > now).then_some(at))
}

pub(super) fn many(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let wish: Many = match serde_json::from_slice(&ask.body) {
        Ok(wish) => wish,
        Err(error) => return invalid(&error.to_string()),
    };
    let now = world.clock.now();
    let scheduled = match scheduled(wish.scheduled_date.as_deref(), now) {
        Ok(scheduled) => scheduled,
        Err(answer) => return answer,
    };
    let mut state = world.state();
    let sent = match take(world, &mut state, &wish.messages, now, scheduled, wish.allow_duplicates) {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    let group = super::group::value(&state, sent.group);
    let detail = ask.target.contains("/detail");
    on_wire(sent.wire, || {
        if !detail {
            return json(StatusCode::OK, &group);
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer<'a> {
            failed_message_list: &'a [Failed<'a>],
            group_info: &'a Value,
            #[serde(skip_serializing_if = "Option::is_none")]
            message_list: Option<&'a [Listed<'a>]>,
        }
        let message_list = wish.show_message_list.then_some(sent.listed.as_slice());
        json(StatusCode::OK, &Answer { failed_message_list: &sent.failed, group_info: &group, message_list })
    })
}

/// Sends a group that was put together before; the messages were checked for their form when they were added.
pub(super) fn draft(
    world: &World,
    state: &mut State,
    messages: Vec<Value>,
    scheduled: Option<i64>,
) -> Result<u64, Response> {
    let wishes: Result<Vec<Wish>, _> = messages.into_iter().map(serde_json::from_value).collect();
    let wishes = wishes.map_err(|error| failure(StatusCode::BAD_REQUEST, "ValidationError", &error.to_string()))?;
    let now = world.clock.now();
    let sent = take(world, state, &wishes, now, scheduled, false)?;
    Ok(sent.group)
}

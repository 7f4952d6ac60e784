//! AlimTalk: results, look-ups and cancelling.
//!
//! Invariants: `message-results` goes by the time of the change, so a poller that moves its window on sees every report; a
//! look-up that names a message whose fate is unsettled fails with HTTP 500.

use super::codes;
use super::{Refusal, done, failed, log_in, page, refusal, request_id, request_number, status, window};
use crate::ask::{Ask, error, json};
use crate::clock::{MINUTES, SECONDS, korean};
use crate::store::{Message, Product, Stage, Store, Vendor};
use crate::world::World;
use alimi::message::{Channel, Class};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

/// The fallback's status, name, code and request.
fn resend(store: &Store, message: &Message) -> (&'static str, &'static str, Option<&'static str>, Option<String>) {
    let Some(child) = message.child.and_then(|id| store.messages.get(id)) else {
        return match message.plans.is_empty() {
            true => ("RSC01", "not a target", None, None),
            false => ("RSC02", "target", None, None),
        };
    };
    let request = Some(request_id(child.at, child.request));
    match child.stage {
        Stage::Done(Class::Ok, _) => ("RSC04", "success", Some(codes::result(child).0), request),
        Stage::Done(..) => ("RSC05", "failed", Some(codes::result(child).0), request),
        _ => ("RSC03", "sending", None, request),
    }
}

fn change(store: &Store, message: &Message) -> Value {
    let (resend_status, resend_name, resend_code, resend_request) = resend(store, message);
    let (code, name) = codes::result(message);
    json!({
        "requestId": request_id(message.at, message.request), "recipientSeq": message.seq,
        "requestDate": korean(message.at, SECONDS), "createDate": korean(message.at, SECONDS),
        "receiveDate": korean(message.updated, SECONDS), "resendStatus": resend_status, "resendStatusName": resend_name,
        "resendResultCode": resend_code, "resendRequestId": resend_request, "messageStatus": status(message),
        "resultCode": code, "resultCodeName": name,
    })
}

fn is_urgent(store: &Store, message: &Message) -> bool {
    store.requests.get(message.request).is_some_and(|request| request.urgent)
}

/// The changes of the window that the query names.
fn changed<'a>(store: &'a Store, ask: &Ask) -> Result<Vec<&'a Message>, Refusal> {
    let names = ("startUpdateDate", "endUpdateDate");
    let Some((start, end)) = window(ask, names, MINUTES, 30, -4003)? else {
        return Err(refusal(-4103, "startUpdateDate and endUpdateDate are required"));
    };
    let urgent = match ask.query("alimtalkMessageType") {
        None => None,
        Some("NORMAL") => Some(false),
        Some("AUTH") => Some(true),
        Some(_) => return Err(refusal(4, "alimtalkMessageType must be NORMAL or AUTH")),
    };
    let changes = store.updated(Product::NhnAlimtalk, start, end).map(|(_, _, message)| message);
    Ok(changes.filter(|message| urgent.is_none_or(|urgent| is_urgent(store, message) == urgent)).collect())
}

pub(super) fn updates(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, true) {
        return refused;
    }
    let state = world.state();
    let answer = page(ask).and_then(|page| Ok((page, changed(&state.store, ask)?)));
    match answer {
        Err(refused) => failed(&refused),
        Ok(((number, size), messages)) => {
            let shown = messages.iter().skip((number - 1).saturating_mul(size)).take(size);
            let list: Vec<Value> = shown.map(|message| change(&state.store, message)).collect();
            done("messages", list)
        }
    }
}

pub(super) fn count(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, true) {
        return refused;
    }
    match changed(&world.state().store, ask) {
        Err(refused) => failed(&refused),
        Ok(messages) => done("totalCount", messages.len()),
    }
}

fn full(store: &Store, message: &Message) -> Value {
    let mut value = change(store, message);
    let request = store.requests.get(message.request);
    let more = json!({
        "senderKey": request.map(|r| &*r.sender), "templateCode": request.map(|r| &*r.template), "recipientNo": message.to,
        "content": message.text, "senderGroupingKey": request.map(|r| &*r.grouping),
        "recipientGroupingKey": message.reference, "buttons": [],
    });
    if let (Some(value), Value::Object(more)) = (value.as_object_mut(), more) {
        value.extend(more);
        if message.stage == Stage::Pending || message.stage == Stage::Reserved {
            value.remove("receiveDate");
            value.remove("resultCode");
        }
    }
    value
}

/// The messages that the query asks for, oldest first.
pub(super) fn wanted<'a>(
    store: &'a Store,
    ask: &Ask,
    product: Product,
    fits: impl Fn(&Message) -> bool,
) -> Result<Vec<&'a Message>, Refusal> {
    let form = if product == Product::NhnSms { SECONDS } else { MINUTES };
    let requested = window(ask, ("startRequestDate", "endRequestDate"), form, 31, -4003)?;
    let created = window(ask, ("startCreateDate", "endCreateDate"), form, 31, -4003)?;
    let fits = |message: &Message| {
        message.product == product
            && fits(message)
            && ask.query("recipientNo").is_none_or(|to| to == &*message.to)
            && ask.query("recipientGroupingKey").is_none_or(|key| key == &*message.reference)
            && ask
                .query("senderGroupingKey")
                .is_none_or(|key| store.requests.get(message.request).is_some_and(|request| key == &*request.grouping))
    };
    if let Some(id) = ask.query("requestId") {
        let request = request_number(store, id).and_then(|number| store.requests.get(number));
        let messages = request.into_iter().flat_map(|request| &request.messages);
        return Ok(messages.filter_map(|id| store.messages.get(*id)).filter(|message| fits(message)).collect());
    }
    let Some((start, end)) = requested.or(created) else {
        return Err(refusal(-4003, "requestId, a request window or a create window is required"));
    };
    if let Some(to) = ask.query("recipientNo") {
        let messages = store.to_number(Vendor::Nhn, to).map(|(_, message)| message);
        let mut messages: Vec<&Message> =
            messages.filter(|message| (start..=end).contains(&message.at) && fits(message)).collect();
        messages.reverse();
        return Ok(messages);
    }
    let messages = store.messages.since(start, |message| message.at).map(|(_, message)| message);
    Ok(messages.take_while(|message| message.at <= end).filter(|message| fits(message)).collect())
}

/// Whether the query names single messages of which nothing may be told.
pub(super) fn is_untold(ask: &Ask, messages: &[&Message]) -> bool {
    let named = ["recipientNo", "recipientGroupingKey", "requestId"].iter().any(|name| ask.query(name).is_some());
    named && messages.iter().any(|message| message.unsettled)
}

pub(super) fn search(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, true) {
        return refused;
    }
    let urgent = ask.target.contains("/auth/");
    let state = world.state();
    let store = &state.store;
    let fits = |message: &Message| {
        is_urgent(store, message) == urgent
            && ask.query("messageStatus").is_none_or(|wish| status(message) == Some(wish))
            && ask.query("resultCode").is_none_or(|wish| match wish {
                "MRC01" => status(message) == Some("COMPLETED"),
                _ => status(message) == Some("FAILED"),
            })
            && store.requests.get(message.request).is_some_and(|request| {
                ask.query("senderKey").is_none_or(|key| key == &*request.sender)
                    && ask.query("templateCode").is_none_or(|code| code == &*request.template)
            })
    };
    let found = page(ask).and_then(|page| Ok((page, wanted(store, ask, Product::NhnAlimtalk, fits)?)));
    let ((number, size), messages) = match found {
        Ok(found) => found,
        Err(refused) => return failed(&refused),
    };
    if is_untold(ask, &messages) {
        return error(StatusCode::INTERNAL_SERVER_ERROR, "trouble");
    }
    let shown = messages.iter().skip((number - 1).saturating_mul(size)).take(size);
    let list: Vec<Value> = shown.map(|message| full(store, message)).collect();
    done("messageSearchResultResponse", json!({"messages": list, "totalCount": messages.len()}))
}

pub(super) fn single(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, true) {
        return refused;
    }
    let state = world.state();
    let store = &state.store;
    let request = request_number(store, ask.part(1)).and_then(|number| store.requests.get(number));
    let mut messages =
        request.into_iter().flat_map(|request| &request.messages).filter_map(|id| store.messages.get(*id));
    let seq = ask.part(2).parse().unwrap_or(0);
    match messages.find(|message| message.seq == seq && message.channel == Channel::Alimtalk) {
        None => failed(&refusal(-1016, "message not found")),
        Some(message) if message.unsettled => error(StatusCode::INTERNAL_SERVER_ERROR, "trouble"),
        Some(message) => done("message", full(store, message)),
    }
}

pub(super) fn cancel(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, true) {
        return refused;
    }
    let now = world.clock.now();
    let mut state = world.state();
    let store = &mut state.store;
    let seqs: Vec<u32> = ask
        .query("recipientSeq")
        .into_iter()
        .flat_map(|list| list.split(',').filter_map(|seq| seq.parse().ok()))
        .collect();
    let request = request_number(store, ask.part(1)).and_then(|number| store.requests.get(number));
    let ids = request.map(|request| request.messages.clone()).unwrap_or_default();
    let mine = |store: &Store, id: u64| {
        store.messages.get(id).is_some_and(|message| seqs.is_empty() || seqs.contains(&message.seq))
    };
    let cancelled = ids.into_iter().filter(|id| mine(store, *id) && store.cancel(*id, now)).count();
    if cancelled == 0 {
        return failed(&refusal(-2029, "nothing to cancel"));
    }
    json(StatusCode::OK, &json!({"header": super::OK}))
}

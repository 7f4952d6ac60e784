//! Look-ups: messages by id, group, number, status and window.
//!
//! Invariants: the list is an object keyed by message id; `nextKey` continues it where the page ended; a look-up that names
//! a message whose fate is unsettled fails with HTTP 500.

use super::{codes, failure, group_id, group_number, invalid, log_in, message_id, number_of};
use crate::ask::{Ask, json};
use crate::clock::{iso, read_iso};
use crate::store::{Message, Product, Stage, Store, Vendor};
use crate::world::World;
use alimi::message::Channel;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};

/// SOLAPI's word for a channel.
pub(super) fn kind(channel: Channel) -> &'static str {
    match channel {
        Channel::Alimtalk => "ATA",
        Channel::Sms => "SMS",
        Channel::Lms => "LMS",
        Channel::Mms => "MMS",
    }
}

fn custom_fields(message: &Message) -> Value {
    match &*message.label {
        "" => serde_json::from_str(&message.reference).unwrap_or_else(|_| json!({})),
        label => json!({label: message.reference}),
    }
}

/// A message as look-ups and webhooks show it.
pub(super) fn value(store: &Store, id: u64, message: &Message) -> Value {
    let (code, reason) = codes::status(message);
    let group = store.requests.get(message.request).map(|group| group_id(group.at, message.request));
    let status = match message.stage {
        Stage::Reserved | Stage::Pending => "PENDING",
        Stage::Cancelled => "FAILED",
        Stage::Done(..) => "COMPLETE",
    };
    let reported = matches!(message.stage, Stage::Done(..)).then(|| iso(message.updated));
    json!({
        "messageId": message_id(message.at, id), "_id": message_id(message.at, id), "groupId": group, "type": kind(message.channel),
        "to": message.to, "from": message.from, "text": message.text, "subject": null, "status": status,
        "statusCode": code, "reason": reason, "networkName": null, "networkCode": null,
        "replacement": message.parent.is_some(), "resendCount": 0, "autoTypeDetect": 1, "country": "82",
        "customFields": custom_fields(message), "accountId": "simulator", "log": [], "queues": [],
        "dateCreated": iso(message.at), "dateUpdated": iso(message.updated), "dateProcessed": iso(message.at),
        "dateReported": reported, "dateReceived": reported,
    })
}

/// What the query asks for; the old triple counts as one more condition.
struct Wish<'a> {
    ids: Vec<&'a str>,
    group: Option<&'a str>,
    to: Option<&'a str>,
    from: Option<&'a str>,
    kind: Option<&'a str>,
    code: Option<&'a str>,
    start: i64,
    end: i64,
    by_update: bool,
}

fn read<'a>(ask: &'a Ask) -> Result<Wish<'a>, Response> {
    let old = |name: &str| ask.query("value").filter(|_| ask.query("criteria") == Some(name));
    let get = |name: &'static str| ask.query(name).or_else(|| old(name));
    let listed =
        ask.query.iter().filter(|(name, _)| name.starts_with("messageIds")).flat_map(|(_, value)| value.split(','));
    let ids = get("messageId").into_iter().chain(listed).collect();
    let time = |name: &'static str, default: i64| match ask.query(name) {
        None => Ok(default),
        Some(text) => read_iso(text).ok_or_else(|| invalid("dates must be ISO 8601 with a zone")),
    };
    let by_update = match ask.query("dateType") {
        None | Some("CREATED") => false,
        Some("UPDATED") if ask.query("startDate").is_some() || ask.query("endDate").is_some() => true,
        Some("UPDATED") => return Err(invalid("dateType goes with startDate and endDate")),
        Some(_) => return Err(invalid("dateType must be CREATED or UPDATED")),
    };
    Ok(Wish {
        ids,
        group: get("groupId"),
        to: get("to"),
        from: get("from"),
        kind: get("type"),
        code: get("statusCode"),
        start: time("startDate", 0)?,
        end: time("endDate", i64::MAX)?,
        by_update,
    })
}

/// The ids that the query asks for, in the order of the list.
fn wanted(store: &Store, wish: &Wish) -> Vec<u64> {
    let number = |text: &&str| {
        let number = number_of(text)?;
        store
            .messages
            .get(number)
            .filter(|m| m.product == Product::Solapi && message_id(m.at, number) == **text)
            .map(|_| number)
    };
    let fits = |id: &u64| {
        store.messages.get(*id).is_some_and(|message| {
            let time = if wish.by_update { message.updated } else { message.at };
            message.product == Product::Solapi
                && (wish.start..=wish.end).contains(&time)
                && wish.to.is_none_or(|to| to == &*message.to)
                && wish.from.is_none_or(|from| from == &*message.from)
                && wish.kind.is_none_or(|wished| wished == kind(message.channel))
                && wish.code.is_none_or(|code| code == codes::status(message).0)
        })
    };
    let ids: Vec<u64> = match wish {
        Wish { ids, .. } if !ids.is_empty() => ids.iter().filter_map(number).collect(),
        Wish { group: Some(group), .. } => {
            let group = group_number(store, group).and_then(|group| store.requests.get(group));
            group.map(|group| group.messages.clone()).unwrap_or_default()
        }
        Wish { to: Some(to), .. } => store.to_number(Vendor::Solapi, to).map(|(id, _)| id).collect(),
        Wish { by_update: true, .. } => {
            store.updated(Product::Solapi, wish.start, wish.end).map(|(_, id, _)| id).collect()
        }
        _ => {
            let since = store.messages.since(wish.start, |message| message.at);
            since.take_while(|(_, message)| message.at <= wish.end).map(|(id, _)| id).collect()
        }
    };
    ids.into_iter().filter(fits).collect()
}

fn page(store: &Store, ask: &Ask, ids: &[u64], named: bool) -> Response {
    let Some(limit) = ask.number("limit", 20, 1..=500) else { return invalid("limit must be 1 to 500") };
    if named && ids.iter().any(|id| store.messages.get(*id).is_some_and(|message| message.unsettled)) {
        return failure(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", "trouble");
    }
    let start = match ask.query("startKey") {
        None => 0,
        Some(key) => match number_of(key).and_then(|number| ids.iter().position(|id| *id == number)) {
            Some(place) => place,
            None => return invalid("startKey is not of this list"),
        },
    };
    let shown = ids.iter().skip(start).take(limit);
    let pairs = shown.filter_map(|id| store.messages.get(*id).map(|message| (*id, message)));
    let list: Map<String, Value> =
        pairs.map(|(id, message)| (message_id(message.at, id), value(store, id, message))).collect();
    let next = ids.get(start + limit).and_then(|id| store.messages.get(*id).map(|message| message_id(message.at, *id)));
    json(
        StatusCode::OK,
        &json!({"startKey": ask.query("startKey"), "nextKey": next, "limit": limit, "messageList": list}),
    )
}

pub(super) fn list(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let wish = match read(ask) {
        Ok(wish) => wish,
        Err(answer) => return answer,
    };
    let state = world.state();
    let named = !wish.ids.is_empty() || wish.group.is_some() || wish.to.is_some();
    page(&state.store, ask, &wanted(&state.store, &wish), named)
}

pub(super) fn of_group(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let state = world.state();
    match group_number(&state.store, ask.part(0)).and_then(|number| state.store.requests.get(number)) {
        Some(group) => page(&state.store, ask, &group.messages, true),
        None => failure(StatusCode::NOT_FOUND, "GroupNotFound", "no such group"),
    }
}

pub(super) fn statistics(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let all = world.state().store.journal.summary(false);
    let of = |kind: &str| all.by_channel.get(&format!("solapi/{kind}")).map_or(0, |totals| totals.accepted);
    let total = json!({"ata": of("alimtalk"), "sms": of("sms"), "lms": of("lms"), "mms": of("mms")});
    json(StatusCode::OK, &json!({"balance": 0, "point": 0, "total": total}))
}

pub(super) fn balance(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    json(StatusCode::OK, &json!({"balance": 100000, "point": 1000}))
}

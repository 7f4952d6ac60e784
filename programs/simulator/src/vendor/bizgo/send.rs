//! Sending, now or later: one or several channels in order for up to 200 recipients.
//!
//! Invariants: Bizgo forwards texts as they are, so a text that differs from its template is taken and fails in the report;
//! the same idempotency key within its time answers A301 for recipients that were accepted and takes only the others.

use super::wish::{Alimtalk, Destination, Entry, Wish, read};
use super::{codes, done, failed, log_in, message_key, refusal, stranger, within_rate};
use crate::ask::{Ask, on_wire, severed, too_many};
use crate::fate::{Admission, Ruling, Wire};
use crate::journal;
use crate::signing::fingerprint;
use crate::store::{Message, Product, Request};
use crate::world::{State, World};
use alimi::message::{Channel, Class, Reason};
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::HashSet;

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
    let keys = fresh.iter().map(|one| (one.to.as_str(), fingerprint(journal::name(&reference(one)))));
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

//! Templates and images. Invariant: what is uploaded must be what its part says it is.

use super::{done, failed, log_in, refusal};
use crate::ask::Ask;
use crate::setup::{Button, Status, Template};
use crate::world::World;
use axum::response::Response;
use serde_json::{Value, json};

fn value(key: &str, template: &Template) -> Value {
    let status = match template.status {
        Status::Requested => "REQ",
        Status::Approved => "APR",
        Status::Rejected => "REJ",
    };
    let button = |b: &Button| json!({"type": b.kind, "name": b.name, "urlMobile": b.mobile, "urlPc": b.pc, "schemeIos": b.ios, "schemeAndroid": b.android});
    let item = |i: &crate::setup::Item| json!({"title": i.title, "description": i.description});
    let items = template.items.as_ref().map(|items| {
        json!({"list": items.list.iter().map(item).collect::<Vec<_>>(), "summary": items.summary.as_ref().map(item)})
    });
    json!({
        "senderKey": key, "senderKeyType": "S", "templateName": template.name, "templateCode": template.code, "msgType": "AT",
        "templateMessageType": "BA", "templateEmphasizeType": template.emphasis(), "text": template.text, "title": template.title,
        "subTitle": template.subtitle, "header": template.header,
        "attachment": {"button": template.buttons.iter().map(button).collect::<Vec<_>>(), "item": items,
                       "itemHighlight": template.highlight.as_ref().map(item)},
        "supplement": {"quickReply": template.quick_replies.iter().map(button).collect::<Vec<_>>()},
        "categoryCode": "999999", "securityFlag": false, "inspectionStatus": status, "status": "A", "comments": [],
    })
}

pub(super) fn templates(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, false) {
        return refused;
    }
    let Some(key) = ask.query("senderKey").filter(|key| world.setup.has_key(key)) else {
        return failed(&refusal("A502", "senderKey"));
    };
    let (offset, limit) = (ask.number("offset", 0, 0..=usize::MAX), ask.number("limit", 100, 1..=1_000));
    let (Some(offset), Some(limit)) = (offset, limit) else { return failed(&refusal("A310", "offset, limit")) };
    let all = world.setup.templates.iter().map(|template| value(key, template));
    let fits = |template: &Value| ask.query("inspectionStatus").is_none_or(|wish| template["inspectionStatus"] == wish);
    let list: Vec<Value> = all.filter(fits).skip(offset).take(limit).collect();
    done(json!({"alimtalk": {"templates": list}}))
}

pub(super) fn template(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, false) {
        return refused;
    }
    let key = ask.query("senderKey").filter(|key| world.setup.has_key(key));
    let template = ask.query("templateCode").and_then(|code| world.setup.template(code));
    match key.zip(template) {
        Some((key, template)) => done(json!({"alimtalk": value(key, template)})),
        None => failed(&refusal("A505", "templateCode")),
    }
}

pub(super) fn upload(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, false) {
        return refused;
    }
    let Some(file) = ask.files.iter().find(|file| file.field == "file") else {
        return failed(&refusal("A201", "file is missing"));
    };
    if !crate::vendor::is_jpeg(&file.bytes) || file.kind != "image/jpeg" {
        return failed(&refusal("A205", "file must be image/jpeg and say so"));
    }
    if file.bytes.len() > 300 << 10 {
        return failed(&refusal("A204", "file <= 300 KB"));
    }
    let mut state = world.state();
    let files = &mut state.memories.bizgo.files;
    let key = ask.field("fileKey").map_or_else(|| format!("FILE{:08}", files.len() + 1), str::to_owned);
    files.insert(key.clone());
    done(json!({"fileKey": key}))
}

//! Templates, channels and images. Invariant: a template's id is `KA01TP-` and the code that all vendors know.

use super::{failure, invalid, log_in};
use crate::ask::{Ask, json};
use crate::setup::{Button, Status, Template};
use crate::signing::read_base64;
use crate::world::World;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

fn value(pf_id: &str, template: &Template) -> Value {
    let button = |b: &Button| json!({"buttonName": b.name, "buttonType": b.kind, "linkMo": b.mobile, "linkPc": b.pc, "linkAnd": b.android, "linkIos": b.ios});
    let reply = |b: &Button| json!({"name": b.name, "linkType": b.kind, "linkMo": b.mobile, "linkPc": b.pc, "linkAnd": b.android, "linkIos": b.ios});
    let item = |i: &crate::setup::Item| json!({"title": i.title, "description": i.description});
    let items = template.items.as_ref().map(|items| {
        json!({"list": items.list.iter().map(item).collect::<Vec<_>>(), "summary": items.summary.as_ref().map_or_else(|| json!({}), item)})
    });
    let status = match template.status {
        Status::Requested => "INSPECTING",
        Status::Approved => "APPROVED",
        Status::Rejected => "REJECTED",
    };
    let variables: Vec<Value> =
        template.variables().into_iter().map(|name| json!({"name": format!("#{{{name}}}")})).collect();
    json!({
        "name": template.name, "channelId": pf_id, "channelGroupId": null, "content": template.text, "isHidden": false,
        "messageType": "BA", "emphasizeType": template.emphasis(), "extra": null, "ad": null,
        "emphasizeTitle": template.title, "emphasizeSubtitle": template.subtitle, "securityFlag": false, "imageId": null,
        "assignType": "CHANNEL", "buttons": template.buttons.iter().map(button).collect::<Vec<_>>(),
        "quickReplies": template.quick_replies.iter().map(reply).collect::<Vec<_>>(), "header": template.header,
        "highlight": template.highlight.as_ref().map(item), "item": items, "templateId": format!("KA01TP-{}", template.code),
        "code": template.code, "status": status, "variables": variables, "comments": [], "commentable": true,
        "dateCreated": "2026-01-05T00:00:00.000Z", "dateUpdated": "2026-01-07T00:00:00.000Z", "accountId": "simulator",
    })
}

pub(super) fn list(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let Some(limit) = ask.number("limit", 20, 1..=500) else { return invalid("limit must be 1 to 500") };
    let pf_id = world.setup.senders.first().map_or("", |sender| &sender.pf_id);
    let pf_id = ask.query("channelId").unwrap_or(pf_id);
    if !world.setup.senders.iter().any(|sender| sender.pf_id == pf_id) {
        return json(StatusCode::OK, &json!({"limit": limit, "startKey": null, "nextKey": null, "templateList": []}));
    }
    let all: Vec<Value> = world.setup.templates.iter().map(|template| value(pf_id, template)).collect();
    let fits = |template: &&Value| {
        ask.query("status").is_none_or(|status| template["status"] == status)
            && ask.query("templateId").is_none_or(|id| template["templateId"] == id)
    };
    let wanted: Vec<&Value> = all.iter().filter(fits).collect();
    let start = ask.query("startKey").and_then(|key| wanted.iter().position(|t| t["templateId"] == key)).unwrap_or(0);
    let next = wanted.get(start + limit).map(|template| &template["templateId"]);
    let shown: Vec<&&Value> = wanted.iter().skip(start).take(limit).collect();
    let key = ask.query("startKey");
    json(StatusCode::OK, &json!({"limit": limit, "startKey": key, "nextKey": next, "templateList": shown}))
}

pub(super) fn single(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let pf_id = world.setup.senders.first().map_or("", |sender| &sender.pf_id);
    match ask.part(0).strip_prefix("KA01TP-").and_then(|code| world.setup.template(code)) {
        Some(template) => json(StatusCode::OK, &value(pf_id, template)),
        None => failure(StatusCode::NOT_FOUND, "TemplateNotFound", "no such template"),
    }
}

pub(super) fn channels(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let channel =
        |s: &crate::setup::Sender| json!({"channelId": s.pf_id, "searchId": s.channel, "accountId": "simulator"});
    let list: Vec<Value> = world.setup.senders.iter().map(channel).collect();
    json(StatusCode::OK, &json!({"limit": 20, "startKey": null, "nextKey": null, "channelList": list}))
}

pub(super) fn upload(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    #[derive(Deserialize)]
    struct File {
        file: String,
        name: Option<String>,
        #[serde(rename = "type")]
        kind: Option<String>,
    }
    let Ok(File { file, name, kind }) = serde_json::from_slice(&ask.body) else { return invalid("file is missing") };
    let kind = kind.unwrap_or_else(|| String::from("MMS"));
    let most = if kind == "MMS" { 200 << 10 } else { 500 << 10 };
    let Some(bytes) = read_base64(&file).filter(|bytes| !bytes.is_empty() && bytes.len() <= most) else {
        return invalid("file must be Base64 of at most 200 KB (MMS) or 500 KB");
    };
    if kind == "MMS" && !crate::vendor::is_jpeg(&bytes) {
        return invalid("MMS takes JPG");
    }
    let mut state = world.state();
    let memory = &mut state.memories.solapi;
    memory.files += 1;
    let id = format!("ST01FL{:026}", memory.files);
    json(
        StatusCode::OK,
        &json!({
            "fileId": id, "_id": id, "type": kind, "name": name, "originalName": name, "fileSize": bytes.len(),
            "width": 0, "height": 0, "url": format!("https://image.invalid/{id}"), "accountId": "simulator", "references": [],
        }),
    )
}

//! AlimTalk: templates and their images. Invariant: a template shows the fields a send must equal.

use super::{done, failed, log_in, page, refusal};
use crate::ask::Ask;
use crate::setup::{Button, Status, Template};
use crate::world::World;
use axum::response::Response;
use serde_json::{Value, json};

fn buttons(list: &[Button]) -> Vec<Value> {
    let value = |(place, b): (usize, &Button)| {
        json!({"ordering": place + 1, "type": b.kind, "name": b.name, "linkMo": b.mobile, "linkPc": b.pc,
            "schemeIos": b.ios, "schemeAndroid": b.android})
    };
    list.iter().enumerate().map(value).collect()
}

fn value(key: &str, template: &Template) -> Value {
    let (status, name) = match template.status {
        Status::Requested => ("TSC02", "in review"),
        Status::Approved => ("TSC03", "approved"),
        Status::Rejected => ("TSC04", "rejected"),
    };
    let item = |i: &crate::setup::Item| json!({"title": i.title, "description": i.description});
    let items = template.items.as_ref().map(|items| {
        json!({"list": items.list.iter().map(item).collect::<Vec<_>>(), "summary": items.summary.as_ref().map(item)})
    });
    json!({
        "plusFriendId": "@simulator", "senderKey": key, "plusFriendType": "NORMAL", "templateCode": template.code,
        "kakaoTemplateCode": format!("K{}", template.code), "templateName": template.name, "templateMessageType": "BA",
        "templateEmphasizeType": template.emphasis(), "templateContent": template.text, "templateTitle": template.title,
        "templateSubtitle": template.subtitle, "templateHeader": template.header, "templateItem": items,
        "templateItemHighlight": template.highlight.as_ref().map(item), "buttons": buttons(&template.buttons),
        "quickReplies": buttons(&template.quick_replies), "comments": [], "status": status, "statusName": name,
        "securityFlag": false, "categoryCode": "999999", "createDate": "2026-01-05 09:00:00", "updateDate": "2026-01-07 09:00:00",
    })
}

pub(super) fn list(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, true) {
        return refused;
    }
    let key = ask.part(1);
    if !world.setup.has_key(key) {
        return failed(&refusal(-2017, "senderKey not found"));
    }
    let (number, size) = match page(ask) {
        Ok(page) => page,
        Err(refused) => return failed(&refused),
    };
    let all: Vec<Value> = world
        .setup
        .templates
        .iter()
        .filter(|template| ask.query("templateCode").is_none_or(|code| code == template.code))
        .map(|template| value(key, template))
        .filter(|template| ask.query("templateStatus").is_none_or(|status| template["status"] == status))
        .collect();
    let shown: Vec<&Value> = all.iter().skip((number - 1).saturating_mul(size)).take(size).collect();
    done("templateListResponse", json!({"templates": shown, "totalCount": all.len()}))
}

pub(super) fn single(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, true) {
        return refused;
    }
    match world.setup.template(ask.part(2)).filter(|_| world.setup.has_key(ask.part(1))) {
        Some(template) => done("templates", value(ask.part(1), template)),
        None => failed(&refusal(-3003, "template not found")),
    }
}

pub(super) fn image(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, true) {
        return refused;
    }
    match ask.files.iter().find(|file| file.field == "file" && file.bytes.len() <= 500 << 10) {
        Some(file) => done(
            "templateImage",
            json!({"templateImageName": file.name, "templateImageUrl": "https://image.invalid/1"}),
        ),
        None => failed(&refusal(4, "file must be an image of at most 500 KB")),
    }
}

//! Aligo: AlimTalk (akv10) and SMS.
//!
//! Invariants: every call is a POST with a form, urlencoded or multipart, with or without a slash at the end of its path; the
//! HTTP status is 200 whatever is wrong; AlimTalk says `code` 0, SMS says `result_code` "1".

mod alimtalk;
mod codes;
mod sms;

use crate::ask::{Ask, Handler, json, route};
use crate::clock::korean;
use crate::setup::{Button, Status, Template};
use crate::store::Product;
use crate::world::World;
use axum::Router;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::Arc;

fn failed(code: i32, words: &str) -> Response {
    json(StatusCode::OK, &json!({"code": code, "message": words}))
}

fn failed_sms(code: i32, words: &str) -> Response {
    json(StatusCode::OK, &json!({"result_code": code, "message": words}))
}

pub(super) fn stranger(alimtalk: bool) -> Response {
    match alimtalk {
        true => failed(-101, "인증오류입니다.-API"),
        false => failed_sms(-101, "인증오류입니다."),
    }
}

pub(super) fn routes() -> Router<Arc<World>> {
    let calls: [(&str, Handler); 15] = [
        ("/akv10/alimtalk/send", alimtalk::send),
        ("/akv10/history/list", alimtalk::history),
        ("/akv10/history/detail", alimtalk::detail),
        ("/akv10/cancel", alimtalk::cancel),
        ("/akv10/template/list", templates),
        ("/akv10/profile/list", profiles),
        ("/akv10/heartinfo", balance),
        ("/akv10/token/create/{number}/{unit}", token),
        ("/send", sms::send),
        ("/send_mass", sms::send_mass),
        ("/list", sms::list),
        ("/sms_list", sms::detail),
        ("/remain", sms::remain),
        ("/cancel", sms::cancel),
        ("/akv10/category", categories),
    ];
    let mut router = Router::new();
    for (path, handler) in calls {
        router =
            router.route(path, route(Method::POST, handler)).route(&format!("{path}/"), route(Method::POST, handler));
    }
    router
}

fn log_in(world: &World, ask: &Ask) -> Result<(), Response> {
    let known = &world.setup.aligo;
    let right = |key, user| ask.field(key) == Some(&known.api_key) && ask.field(user) == Some(&known.user_id);
    let alimtalk = ask.target.starts_with("/akv10");
    let fits = if alimtalk { right("apikey", "userid") } else { right("key", "user_id") };
    if fits { Ok(()) } else { Err(stranger(alimtalk)) }
}

/// A page of a list: number from 1, and size.
fn page(ask: &Ask, size: &str, default: usize) -> (usize, usize) {
    let number = |name, default: usize| ask.field(name).and_then(|text| text.parse().ok()).unwrap_or(default).max(1);
    (number("page", 1), number(size, default).min(500))
}

fn date(at: i64) -> String {
    korean(at, crate::clock::SECONDS)
}

fn value(key: &str, template: &Template) -> Value {
    let status = match template.status {
        Status::Requested => "REQ",
        Status::Approved => "APR",
        Status::Rejected => "REJ",
    };
    let button = |(place, b): (usize, &Button)| {
        let name = match b.kind.as_str() {
            "WL" => "웹링크",
            "AL" => "앱링크",
            "DS" => "배송조회",
            "BK" => "봇키워드",
            "MD" => "메시지전달",
            _ => "",
        };
        json!({"ordering": place + 1, "name": b.name, "linkType": b.kind, "linkTypeName": name, "linkMo": b.mobile, "linkPc": b.pc,
            "linkIos": b.ios, "linkAnd": b.android})
    };
    json!({"templtCode": template.code, "templtName": template.name, "templtContent": template.text, "templateType": "BA",
        "templateEmType": template.emphasis(), "templtTitle": template.title.as_deref().unwrap_or_default(),
        "templtSubtitle": template.subtitle.as_deref().unwrap_or_default(), "templtImageName": "", "templtImageUrl": "",
        "status": if status == "APR" { "A" } else { "R" }, "inspStatus": status, "senderKey": key,
        "buttons": template.buttons.iter().enumerate().map(button).collect::<Vec<_>>(), "cdate": "2026-01-05 09:00:00", "comments": []})
}

fn templates(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let Some(key) = ask.field("senderkey").filter(|key| world.setup.has_key(key)) else {
        return failed(509, "senderkey");
    };
    let all =
        world.setup.templates.iter().filter(|template| ask.field("tpl_code").is_none_or(|code| code == template.code));
    let list: Vec<Value> = all.map(|template| value(key, template)).collect();
    let count = |status: &str| list.iter().filter(|template| template["inspStatus"] == status).count();
    let info = json!({"REG": count("REG"), "REQ": count("REQ"), "APR": count("APR"), "REJ": count("REJ")});
    json(StatusCode::OK, &json!({"code": 0, "message": "정상적으로 요청되었습니다.", "list": list, "info": info}))
}

fn profiles(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask) {
        return refused;
    }
    let profile =
        |s: &crate::setup::Sender| json!({"senderKey": s.sender_key, "uuid": s.channel, "name": s.name, "status": "A"});
    let list: Vec<Value> = world.setup.senders.iter().map(profile).collect();
    json(StatusCode::OK, &json!({"code": 0, "message": "정상적으로 요청되었습니다.", "list": list}))
}

fn categories(world: &World, ask: &Ask) -> Response {
    match log_in(world, ask) {
        Err(refused) => refused,
        Ok(()) => json(
            StatusCode::OK,
            &json!({"code": 0, "message": "정상적으로 요청되었습니다.", "data": {"firstBusinessType": []}}),
        ),
    }
}

fn balance(world: &World, ask: &Ask) -> Response {
    match log_in(world, ask) {
        Err(refused) => refused,
        Ok(()) => json(
            StatusCode::OK,
            &json!({"code": 0, "message": "정상적으로 요청되었습니다.",
            "list": {"SMS_CNT": 1000, "LMS_CNT": 300, "MMS_CNT": 100, "ALT_CNT": 1000}}),
        ),
    }
}

fn token(world: &World, ask: &Ask) -> Response {
    match log_in(world, ask) {
        Err(refused) => refused,
        Ok(()) => json(
            StatusCode::OK,
            &json!({"code": 0, "message": "정상적으로 생성하였습니다.", "token": "sim-token", "urlencode": "sim-token"}),
        ),
    }
}

/// The request that a `mid` names.
fn request_number(world: &crate::store::Store, mid: &str, product: Product) -> Option<u64> {
    let number = mid.parse().ok()?;
    world.requests.get(number).filter(|request| request.product == product).map(|_| number)
}

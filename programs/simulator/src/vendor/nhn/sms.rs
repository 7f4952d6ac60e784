//! SMS, LMS and MMS: sending, images, sender numbers.
//!
//! Invariants: as for AlimTalk; there is no idempotency key. Texts are counted in EUC-KR; what cannot be written in it is
//! refused with -2023.

use super::alimtalk::reserved;
use super::codes;
use super::{Refusal, failed, log_in, refusal, request_id};
use crate::ask::{Ask, json, on_wire, severed, too_many};
use crate::fate::{Admission, Ruling};
use crate::journal;
use crate::matching::korean_bytes;
use crate::signing::{fingerprint, read_base64};
use crate::store::{Message, Product, Request};
use crate::vendor::trouble;
use crate::world::World;
use alimi::message::{Channel, Reason};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Send {
    body: String,
    title: Option<String>,
    send_no: String,
    request_date: Option<String>,
    sender_grouping_key: Option<String>,
    attach_file_id_list: Option<Vec<u64>>,
    recipient_list: Vec<Recipient>,
    #[serde(rename = "templateId")]
    _template_id: Option<String>,
    user_id: Option<String>,
    stats_id: Option<String>,
    #[serde(rename = "originCode")]
    _origin_code: Option<String>,
    #[serde(rename = "useConversion")]
    _use_conversion: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Recipient {
    #[serde(default)]
    recipient_no: String,
    #[serde(rename = "internationalRecipientNo")]
    _international_recipient_no: Option<String>,
    #[serde(rename = "countryCode")]
    _country_code: Option<String>,
    #[serde(default)]
    template_parameter: std::collections::HashMap<String, String>,
    recipient_grouping_key: Option<String>,
}

pub(super) fn send(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, false) {
        return refused;
    }
    let now = world.clock.now();
    let mut state = world.state();
    let (wish, channel) = match read(world, ask, &state.memories.nhn.files, now) {
        Ok(wish) => wish,
        Err(refused) => return failed(&refused),
    };
    let list = &wish.recipient_list;
    let keys = list.iter().map(|one| {
        (
            one.recipient_no.as_str(),
            fingerprint(journal::name(one.recipient_grouping_key.as_deref().unwrap_or_default())),
        )
    });
    let (rulings, wire) = match state.tries.admit(Product::NhnSms, channel, keys) {
        Admission::Cut => return severed(crate::ask::Sever::Drop),
        Admission::Whole(Reason::Throttled) => {
            return too_many(trouble(crate::Vendor::Nhn, StatusCode::TOO_MANY_REQUESTS), Some(1));
        }
        Admission::Whole(_) => return super::stranger(false),
        Admission::Go(rulings, wire) => (rulings, wire),
    };
    let grouping = wish.sender_grouping_key.as_deref().unwrap_or_default();
    let request = state.store.open(Request {
        product: Product::NhnSms,
        at: now,
        reserved: reserved(&wish.request_date, now).unwrap_or_default(),
        sender: wish.send_no.as_str().into(),
        template: Box::default(),
        grouping: grouping.into(),
        urgent: ask.target.contains("/auth/"),
        messages: Vec::with_capacity(list.len()),
    });
    let mut results: Vec<Value> = Vec::with_capacity(list.len());
    for (place, (one, ruling)) in list.iter().zip(&rulings).enumerate() {
        let reference = one.recipient_grouping_key.as_deref().unwrap_or_default();
        let refused = match ruling {
            Ruling::Refused(_, reason) => codes::sms_answer(*reason),
            _ => None,
        };
        let (code, words) = refused.unwrap_or((0, "success"));
        if refused.is_none() {
            let mut message = Message::new(Product::NhnSms, channel, &one.recipient_no, reference);
            message.seq = place as u32 + 1;
            message.text = filled(&wish.body, one).into();
            message.from = wish.send_no.as_str().into();
            message.unsettled = *ruling == Ruling::TakenUnsettled;
            if let Ruling::Refused(class, reason) = ruling {
                message.verdict = Some((*class, *reason));
            }
            state.store.take(request, message);
        }
        results.push(json!({"recipientNo": one.recipient_no, "resultCode": code, "resultMessage": words,
            "recipientSeq": place + 1, "recipientGroupingKey": one.recipient_grouping_key}));
    }
    on_wire(wire, || {
        let data = json!({"requestId": request_id(now, request), "statusCode": "2",
            "senderGroupingKey": wish.sender_grouping_key, "sendResultList": results});
        json(StatusCode::OK, &json!({"header": super::OK, "body": {"data": data}}))
    })
}

fn filled(body: &str, one: &Recipient) -> String {
    one.template_parameter.iter().fold(body.to_owned(), |text, (key, value)| text.replace(&format!("##{key}##"), value))
}

fn read(
    world: &World,
    ask: &Ask,
    files: &std::collections::HashMap<u64, usize>,
    now: i64,
) -> Result<(Send, Channel), Refusal> {
    if !ask.says_json() {
        return Err(refusal(-9996, "Content-Type must be application/json"));
    }
    let wish: Send = serde_json::from_slice(&ask.body).map_err(|error| (-2001, error.to_string()))?;
    let long = |text: &Option<String>, most: usize| text.as_ref().is_some_and(|text| text.chars().count() > most);
    let is_sms = !ask.target.split('?').next().unwrap_or_default().ends_with("mms");
    if wish.body.is_empty() || wish.body.chars().count() > if is_sms { 255 } else { 4_000 } {
        return Err(refusal(-2002, "body is missing or too long"));
    }
    if !is_sms && (wish.title.as_ref().is_none_or(String::is_empty) || long(&wish.title, 120)) {
        return Err(refusal(-2004, "title must have 1 to 120 characters"));
    }
    let title = wish.title.as_deref().unwrap_or_default();
    if korean_bytes(&wish.body).is_none() || korean_bytes(title).is_none() {
        return Err(refusal(-2023, "unsupported character"));
    }
    if wish.send_no.len() > 13 || !world.setup.has_number(&wish.send_no) {
        return Err(refusal(-2312, "sendNo is not registered"));
    }
    if wish.recipient_list.is_empty() || wish.recipient_list.len() > 1_000 {
        return Err(refusal(-2016, "recipientList must have 1 to 1000 members"));
    }
    let too_long = |one: &Recipient| one.recipient_no.len() > 20 || long(&one.recipient_grouping_key, 100);
    if wish.recipient_list.iter().any(too_long)
        || long(&wish.sender_grouping_key, 100)
        || long(&wish.user_id, 100)
        || long(&wish.stats_id, 10)
    {
        return Err(refusal(-2001, "a field is too long"));
    }
    if ask.target.contains("/auth/") {
        let low = wish.body.to_lowercase();
        let words = ["auth", "password", "verify", "にんしょう", "認証", "비밀번호", "인증"];
        if !words.iter().any(|word| low.contains(word)) {
            return Err(refusal(-8000, "no authentication word"));
        }
    }
    reserved(&wish.request_date, now)?;
    let channel = match &wish.attach_file_id_list {
        _ if is_sms => Channel::Sms,
        None => Channel::Lms,
        Some(ids) => {
            let sizes: Vec<usize> = ids.iter().filter_map(|id| files.get(id).copied()).collect();
            if sizes.len() != ids.len() || !(1..=3).contains(&ids.len()) || sizes.iter().sum::<usize>() > 800 << 10 {
                return Err(refusal(-2005, "attachFileIdList must name 1 to 3 uploads of 800 KB together"));
            }
            Channel::Mms
        }
    };
    Ok((wish, channel))
}

pub(super) fn upload(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, false) {
        return refused;
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct File {
        file_name: String,
        #[serde(rename = "createUser")]
        _create_user: Option<String>,
        file_body: Value,
    }
    let Ok(file) = serde_json::from_slice::<File>(&ask.body) else {
        return failed(&refusal(-2001, "fileName and fileBody are required"));
    };
    let bytes = match &file.file_body {
        Value::String(text) => read_base64(text),
        Value::Array(list) => list.iter().map(|byte| byte.as_i64().map(|byte| byte as u8)).collect(),
        _ => None,
    };
    let name = file.file_name.to_lowercase();
    let bytes = bytes.filter(|bytes| bytes.len() <= 300 << 10 && crate::vendor::is_jpeg(bytes));
    let Some(bytes) =
        bytes.filter(|_| name.chars().count() <= 45 && (name.ends_with(".jpg") || name.ends_with(".jpeg")))
    else {
        return failed(&refusal(-2005, "fileBody must be a jpg of at most 300 KB"));
    };
    let mut state = world.state();
    let files = &mut state.memories.nhn.files;
    let id = files.len() as u64 + 1;
    files.insert(id, bytes.len());
    let data = json!({"fileId": id, "fileName": file.file_name, "filePath": "/simulator"});
    json(StatusCode::OK, &json!({"header": super::OK, "body": {"data": data}}))
}

pub(super) fn numbers(world: &World, ask: &Ask) -> Response {
    if let Err(refused) = log_in(world, ask, false) {
        return refused;
    }
    let (number, size) = match super::page(ask) {
        Ok(page) => page,
        Err(refused) => return failed(&refused),
    };
    let all = world.setup.sender_numbers.iter().filter(|known| ask.query("sendNo").is_none_or(|wish| wish == *known));
    let shown = all.clone().skip((number - 1).saturating_mul(size)).take(size);
    let data: Vec<Value> = shown.map(|known| json!({"sendNo": known, "useYn": "Y", "blockYn": "N"})).collect();
    let body = json!({"pageNum": number, "pageSize": size, "totalCount": all.count(), "data": data});
    json(StatusCode::OK, &json!({"header": super::OK, "body": body}))
}

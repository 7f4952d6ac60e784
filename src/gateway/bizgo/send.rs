//! What a request to send holds: `POST /send/omni` and `POST /reservation`.

use super::KEY_LIFE;
use crate::gateway::ledger::Uploads;
use crate::gateway::{Body, Errand, Moment, Parcel, wire};
use crate::hash::{hex, sha256};
use crate::message::{Alimtalk, Button, Channel, Outcome, Payload, Text};
use serde::Serialize;

/// Behind our reference: the gateway falls back by itself, which a report does not tell.
pub(super) const FALLS_BACK: char = '+';

/// The body that sends a parcel, now or at its time.
pub(super) fn body(errand: &Errand, parcel: &Parcel, uploads: &Uploads) -> Result<Body, Outcome> {
    let reference = parcel.reference(errand.channel).to_string();
    let mut message_flow = vec![own(errand, parcel, uploads)?];
    if errand.channel == Channel::Alimtalk
        && let Some(text) = parcel.fallback()?
    {
        message_flow.push(text_flow(text, uploads)?);
    }
    let named = if parcel.falls_back { format!("{reference}{FALLS_BACK}") } else { reference.clone() };
    let resv_send_time = parcel.reserve_at.map(wire::to_second);
    let now = resv_send_time.is_none();
    let request = Send {
        destinations: [Destination { to: parcel.payload.to.digits() }],
        message_flow,
        idempotency_key: now.then(|| format!("{reference}/{}", digest(&parcel.payload))),
        idempotency_ttl: now.then_some(KEY_LIFE.as_secs()),
        resv_name: (!now).then_some(reference),
        resv_send_time,
        reference: named,
    };
    Ok(wire::to_json("application/json", &request))
}

/// Tells two messages under one key apart: two programs may share an account with the vendor.
fn digest(payload: &Payload) -> String {
    let mut content = payload.to.digits().as_bytes().to_vec();
    let parts =
        [payload.alimtalk.as_ref().map(|alimtalk| &alimtalk.text), payload.text.as_ref().map(|text| &text.body)];
    for part in parts.into_iter().flatten() {
        content.extend_from_slice(&part.len().to_le_bytes());
        content.extend_from_slice(part.as_bytes());
    }
    hex(&sha256::<8>([content]))
}

/// An image on its way: a multipart body with one file.
pub(super) fn image(name: &str, image: &[u8], moment: &Moment) -> Body {
    let boundary = format!("alimi-{}", moment.nonce);
    let mut bytes = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: image/jpeg\r\n\r\n"
    )
    .into_bytes();
    bytes.extend_from_slice(image);
    bytes.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    Body { content_type: format!("multipart/form-data; boundary={boundary}"), bytes }
}

fn own<'a>(errand: &'a Errand, parcel: &'a Parcel, uploads: &'a Uploads) -> Result<Flow<'a>, Outcome> {
    if errand.channel == Channel::Alimtalk {
        Ok(Flow::Alimtalk(Box::new(alimtalk(errand, parcel.alimtalk()?))))
    } else {
        text_flow(parcel.text()?, uploads)
    }
}

fn text_flow<'a>(text: &'a Text, uploads: &'a Uploads) -> Result<Flow<'a>, Outcome> {
    let Text { from, subject, body, .. } = text;
    Ok(match text.channel {
        Channel::Lms | Channel::Mms => {
            Flow::Mms(Long { from, text: body, title: subject, file_key: uploads.names(text)? })
        }
        _ => Flow::Sms(Short { from, text: body }),
    })
}

fn alimtalk<'a>(errand: &'a Errand, alimtalk: &'a Alimtalk) -> Talk<'a> {
    let item = alimtalk.items.as_ref().map(|items| Items {
        list: items.list.iter().map(Pair::from).collect(),
        summary: items.summary.as_ref().map(Pair::from),
    });
    let highlight = alimtalk.highlight.as_ref();
    let attachment = Attachment {
        button: alimtalk.buttons.iter().map(button).collect(),
        item,
        item_highlight: highlight.map(|part| Pair { title: &part.title, description: &part.description }),
    };
    let empty = attachment.button.is_empty() && attachment.item.is_none() && attachment.item_highlight.is_none();
    let quick_reply: Vec<_> = alimtalk.quick_replies.iter().map(button).collect();
    Talk {
        sender_key: errand.registration.sender_key.reveal(),
        template_code: &errand.registration.template_code,
        msg_type: if alimtalk.image { "AI" } else { "AT" },
        text: &alimtalk.text,
        title: &alimtalk.title,
        header: &alimtalk.header,
        attachment: (!empty).then_some(attachment),
        supplement: (!quick_reply.is_empty()).then_some(Supplement { quick_reply }),
    }
}

fn button(button: &Button) -> Link<'_> {
    Link {
        kind: &button.kind,
        name: &button.name,
        url_pc: &button.link_pc,
        url_mobile: &button.link_mobile,
        scheme_ios: &button.link_ios,
        scheme_android: &button.link_android,
        target: &button.target,
        chat_extra: &button.chat_extra,
        chat_event: &button.chat_event,
        plugin_id: &button.plugin_id,
        relay_id: &button.relay_id,
        oneclick_id: &button.one_click_id,
        product_id: &button.product_id,
        biz_form_id: &button.form_id,
        tel_number: &button.phone,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Send<'a> {
    destinations: [Destination<'a>; 1],
    message_flow: Vec<Flow<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idempotency_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idempotency_ttl: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resv_send_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resv_name: Option<String>,
    #[serde(rename = "ref")]
    reference: String,
}

#[derive(Serialize)]
struct Destination<'a> {
    to: &'a str,
}

/// One channel; the name of the variant is the key.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Flow<'a> {
    Alimtalk(Box<Talk<'a>>),
    Sms(Short<'a>),
    Mms(Long<'a>),
}

#[derive(Serialize)]
struct Short<'a> {
    from: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Long<'a> {
    from: &'a str,
    text: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    title: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    file_key: Vec<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Talk<'a> {
    sender_key: &'a str,
    template_code: &'a str,
    msg_type: &'static str,
    text: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    header: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachment: Option<Attachment<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    supplement: Option<Supplement<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attachment<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    button: Vec<Link<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<Items<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item_highlight: Option<Pair<'a>>,
}

#[derive(Serialize)]
struct Items<'a> {
    list: Vec<Pair<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<Pair<'a>>,
}

#[derive(Serialize)]
struct Pair<'a> {
    title: &'a str,
    description: &'a str,
}

impl<'a> From<&'a crate::message::Item> for Pair<'a> {
    fn from(item: &'a crate::message::Item) -> Pair<'a> {
        Pair { title: &item.title, description: &item.description }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Supplement<'a> {
    quick_reply: Vec<Link<'a>>,
}

/// A button or a quick reply.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Link<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    url_pc: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    url_mobile: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    scheme_ios: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    scheme_android: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    target: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    chat_extra: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    chat_event: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    plugin_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    relay_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    oneclick_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    product_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    biz_form_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    tel_number: &'a str,
}

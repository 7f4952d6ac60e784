//! Finished messages as the vendor's JSON.
//!
//! Invariants: fields that are empty are left out; whether the vendor falls back by itself is said of every AlimTalk, for
//! its console may have another default.

use super::send::USER;
use crate::gateway::sending::Load;
use crate::gateway::wire::{is_empty, to_minute};
use crate::gateway::{Errand, Parcel, Reference};
use crate::message::{Button, Channel, Item, Text};
use serde::{Serialize, Serializer};
use std::fmt::Display;

const SUBJECT_BYTES_MAX: usize = 40;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Alimtalks<'a> {
    sender_key: &'a str,
    template_code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_date: Option<String>,
    recipient_list: Vec<Alimtalk<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Alimtalk<'a> {
    recipient_no: &'a str,
    content: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    template_title: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    template_header: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    template_item: Option<Items<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template_item_highlight: Option<Highlight<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    buttons: Vec<Link<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    quick_replies: Vec<Link<'a>>,
    resend_parameter: Resend<'a>,
    #[serde(serialize_with = "shown")]
    recipient_grouping_key: Reference,
}

#[derive(Serialize)]
struct Items<'a> {
    list: &'a [Item],
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a Item>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Highlight<'a> {
    title: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    image_url: &'a str,
}

/// A button or a quick reply.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Link<'a> {
    ordering: usize,
    #[serde(rename = "type")]
    kind: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    link_mo: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    link_pc: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    scheme_ios: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    scheme_android: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    chat_extra: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    chat_event: &'a str,
    #[serde(skip_serializing_if = "is_empty", serialize_with = "whole_number")]
    biz_form_id: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    plugin_id: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    relay_id: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    one_click_id: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    product_id: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    target: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    tel_number: &'a str,
}

/// What the gateway is to do itself should the AlimTalk not be delivered.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Resend<'a> {
    pub is_resend: bool,
    #[serde(skip_serializing_if = "is_empty")]
    resend_type: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    resend_title: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    resend_content: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    resend_send_no: &'a str,
}

fn shown<S: Serializer>(value: impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&value)
}

/// The vendor's documents want a number here; the configuration has a text.
fn whole_number<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    match text.parse::<u64>() {
        Ok(number) => serializer.serialize_u64(number),
        Err(_) => serializer.serialize_str(text),
    }
}

/// A request with AlimTalks.
pub(super) fn alimtalk<'a>(errand: &'a Errand, load: &'a Load) -> Alimtalks<'a> {
    let recipient = |parcel: &'a Parcel| {
        let alimtalk = parcel.alimtalk().ok()?;
        let items = alimtalk.items.as_ref();
        let highlight = alimtalk.highlight.as_ref();
        Some(Alimtalk {
            recipient_no: parcel.payload.to.digits(),
            content: &alimtalk.text,
            template_title: &alimtalk.title,
            template_header: &alimtalk.header,
            template_item: items.map(|items| Items { list: &items.list, summary: items.summary.as_ref() }),
            template_item_highlight: highlight.map(|line| Highlight {
                title: &line.title,
                description: &line.description,
                image_url: &line.image_url,
            }),
            buttons: links(&alimtalk.buttons),
            quick_replies: links(&alimtalk.quick_replies),
            resend_parameter: resend(parcel),
            recipient_grouping_key: parcel.reference(errand.channel),
        })
    };
    Alimtalks {
        sender_key: errand.registration.sender_key.reveal(),
        template_code: &errand.registration.template_code,
        request_date: load.reserve_at.map(to_minute),
        recipient_list: load.parcels(errand).filter_map(recipient).collect(),
    }
}

fn links<'a>(buttons: &'a [Button]) -> Vec<Link<'a>> {
    let link = |(at, button): (usize, &'a Button)| Link {
        ordering: at + 1,
        kind: &button.kind,
        name: &button.name,
        link_mo: &button.link_mobile,
        link_pc: &button.link_pc,
        scheme_ios: &button.link_ios,
        scheme_android: &button.link_android,
        chat_extra: &button.chat_extra,
        chat_event: &button.chat_event,
        biz_form_id: &button.form_id,
        plugin_id: &button.plugin_id,
        relay_id: &button.relay_id,
        one_click_id: &button.one_click_id,
        product_id: &button.product_id,
        target: &button.target,
        tel_number: &button.phone,
    };
    buttons.iter().enumerate().map(link).collect()
}

/// A text that is missing or is an MMS cannot be sent on: better the AlimTalk alone than nothing.
pub(super) fn resend(parcel: &Parcel) -> Resend<'_> {
    let text = parcel.payload.text.as_ref().filter(|_| parcel.falls_back);
    let kind = |text: &Text| match text.channel {
        Channel::Sms => Some("SMS"),
        Channel::Lms => Some("LMS"),
        Channel::Mms | Channel::Alimtalk => None,
    };
    match text.and_then(|text| Some((text, kind(text)?))) {
        None => Resend::default(),
        Some((text, kind)) => Resend {
            is_resend: true,
            resend_type: kind,
            resend_title: if text.channel == Channel::Lms { &text.subject } else { "" },
            resend_content: &text.body,
            resend_send_no: &text.from,
        },
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Texts<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    body: &'a str,
    send_no: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_date: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "whole_numbers")]
    attach_file_id_list: Vec<&'a str>,
    recipient_list: Vec<Recipient<'a>>,
    user_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Recipient<'a> {
    recipient_no: &'a str,
    #[serde(serialize_with = "shown")]
    recipient_grouping_key: Reference,
}

fn whole_numbers<S: Serializer>(texts: &[&str], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Number<'a>(#[serde(serialize_with = "whole_number")] &'a str);
    serializer.collect_seq(texts.iter().map(|text| Number(text)))
}

/// A request with text messages; all of a load have the same text.
pub(super) fn text_message<'a>(errand: &'a Errand, load: &'a Load) -> Texts<'a> {
    let text = load.first(errand).and_then(|parcel| parcel.payload.text.as_ref());
    let recipient = |parcel: &'a Parcel| Recipient {
        recipient_no: parcel.payload.to.digits(),
        recipient_grouping_key: parcel.reference(errand.channel),
    };
    Texts {
        title: text.filter(|_| errand.channel != Channel::Sms).map(title),
        body: text.map(|text| text.body.as_str()).unwrap_or_default(),
        send_no: text.map(|text| text.from.as_str()).unwrap_or_default(),
        request_date: load.reserve_at.map(to_minute),
        attach_file_id_list: load.files.iter().map(String::as_str).collect(),
        recipient_list: load.parcels(errand).map(recipient).collect(),
        user_id: USER,
    }
}

/// The vendor demands a title: where there is none, the text's first line stands in, as far as a title reaches.
fn title(text: &Text) -> &str {
    if !text.subject.trim().is_empty() {
        return &text.subject;
    }
    let line = text.body.trim_start().lines().next().unwrap_or_default();
    let mut bytes = 0;
    let end = line.char_indices().find(|(_, character)| {
        // As CP949 counts.
        bytes += if character.is_ascii() { 1 } else { 2 };
        bytes > SUBJECT_BYTES_MAX
    });
    end.and_then(|(end, _)| line.get(..end)).unwrap_or(line).trim_end()
}

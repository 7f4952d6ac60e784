//! The vendors' calls: one folder each. Here is what they have in common: which path is whose, and what the front door says.
//!
//! Invariant: the paths of the vendors differ, so one router serves them all.
#![allow(clippy::result_large_err, reason = "a refusal is an answer, and is moved once per request")]

pub mod aligo;
pub mod bizgo;
pub mod nhn;
pub mod sens;
pub mod solapi;

use crate::ask::{error, json};
use crate::faults::Call;
use crate::store::{Store, Vendor};
use crate::world::World;
use axum::Router;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::json;
use std::sync::Arc;

/// What single vendors remember beside messages.
#[derive(Debug, Default)]
pub struct Memories {
    /// NHN's idempotency keys and uploads.
    pub nhn: nhn::Memory,
    /// Bizgo's idempotency keys, batches of reports and uploads.
    pub bizgo: bizgo::Memory,
    /// SENS's uploads.
    pub sens: sens::Memory,
    /// SOLAPI's signatures, groups and uploads.
    pub solapi: solapi::Memory,
}

/// A report that is pushed.
#[derive(Debug)]
pub struct Hook {
    /// Headers beside the content type.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// What the receiver's answer must contain.
    pub expects: Option<String>,
}

impl Hook {
    /// Whether the receiver's answer is the one that was asked for.
    pub fn acknowledged(&self, body: &[u8]) -> bool {
        let Some(expected) = &self.expects else { return true };
        serde_json::from_slice::<serde_json::Value>(body).is_ok_and(|answer| answer["msgKey"] == **expected)
    }
}

/// The pushes that tell the reports on these messages; vendors without webhooks have none.
pub fn hooks(vendor: Vendor, world: &World, store: &Store, messages: &[u64]) -> Vec<Hook> {
    match vendor {
        Vendor::Nhn => nhn::hooks(world, store, messages),
        Vendor::Solapi => solapi::hooks(store, messages),
        Vendor::Bizgo => bizgo::hooks(world, store, messages),
        Vendor::Sens | Vendor::Aligo => Vec::new(),
    }
}

/// All calls of all vendors.
pub fn routes() -> Router<Arc<World>> {
    let vendors = [nhn::routes(), solapi::routes(), bizgo::routes(), sens::routes(), aligo::routes()];
    vendors.into_iter().fold(Router::new(), Router::merge)
}

/// Whose path it is and what the request wants; `None` for the simulator's own calls.
pub fn place(method: &Method, path: &str) -> Option<(Vendor, Call)> {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let vendor = match first {
        "alimtalk" | "sms" if path.contains("/v2/services/") => Vendor::Sens,
        "alimtalk" | "sms" => Vendor::Nhn,
        "messages" | "kakao" | "storage" | "cash" => Vendor::Solapi,
        "api" => Vendor::Bizgo,
        "akv10" | "send" | "send_mass" | "list" | "sms_list" | "remain" | "cancel" => Vendor::Aligo,
        _ => return None,
    };
    let has = |part| path.contains(part);
    let call = if has("template") || has("sendNos") || has("channels") || has("/senders") {
        Call::Template
    } else if has("attachfile") || has("/file") || has("/storage") {
        Call::Upload
    } else if has("cancel") || (method == Method::DELETE && !has("/polling/")) {
        Call::Cancel
    } else if vendor == Vendor::Aligo {
        if has("send") { Call::Send } else { Call::Result }
    } else if method == Method::POST || (method == Method::PUT && has("/groups/")) {
        Call::Send
    } else {
        Call::Result
    };
    Some((vendor, call))
}

/// What a vendor says when it has a fault of its own, or too much to do.
pub fn trouble(vendor: Vendor, status: StatusCode) -> Response {
    match vendor {
        Vendor::Bizgo => {
            let code = match status.as_u16() {
                429 => "A020",
                503 => "A920",
                _ => "A910",
            };
            json(
                status,
                &json!({
                    "common": {"authCode": "A000", "authResult": "Success", "infobankTrId": "0"},
                    "data": {"code": code, "result": "trouble", "data": {}}
                }),
            )
        }
        Vendor::Solapi => json(status, &json!({"errorCode": "InternalError", "errorMessage": "trouble"})),
        Vendor::Sens => json(
            status,
            &json!({"error": {"errorCode": status.as_u16().to_string(), "message": "trouble", "details": ""}}),
        ),
        Vendor::Nhn | Vendor::Aligo => error(status, "trouble"),
    }
}

/// What a vendor says to a caller it does not know.
pub fn stranger(vendor: Vendor, path: &str) -> Response {
    match vendor {
        Vendor::Nhn => nhn::stranger(path.starts_with("/alimtalk")),
        Vendor::Solapi => solapi::refused("InvalidAPIKey", "유효하지 않은 API 키입니다."),
        Vendor::Bizgo => bizgo::stranger(),
        Vendor::Sens => sens::stranger(),
        Vendor::Aligo => aligo::stranger(path.starts_with("/akv10")),
    }
}

/// Whether the bytes are a JPEG.
fn is_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xd8, 0xff])
}

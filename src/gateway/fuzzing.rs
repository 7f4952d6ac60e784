//! The target of this folder; see [`crate::fuzzing`].
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is what a fuzzer finds")]

use super::testing::{fated, survives};
use super::{Answer, Failure, Heard, Task, adapter};
use crate::config::{Secret, Vendor};
use crate::message::Channel;
use std::time::Duration;

/// Between answers: JSON cannot hold it.
const SEPARATOR: u8 = 0x1e;
const STATUSES: [u16; 14] = [200, 201, 202, 204, 302, 400, 401, 403, 404, 408, 429, 500, 502, 503];

fn vendor(number: u8) -> Vendor {
    let secret = || Secret::from("none");
    match number % 5 {
        0 => Vendor::NhnCloud {
            app_key: secret(),
            secret_key: secret(),
            text: (number >= 5).then(|| (secret(), secret())),
        },
        1 => Vendor::Solapi { api_key: secret(), api_secret: secret() },
        2 => Vendor::Bizgo { api_key: secret() },
        3 => Vendor::Sens {
            access_key: secret(),
            secret_key: secret(),
            service_id: "service".into(),
            text_service_id: (number >= 5).then(|| "texts".into()),
        },
        _ => Vendor::Aligo { api_key: secret(), user_id: secret() },
    }
}

/// Any answers to every kind of dialogue of a vendor: it ends, with one word for every message.
///
/// The input is a head, then answers, each behind a separator. Head: vendor, task, channel, and a byte for the fate of each
/// message, all as digits and letters. Answer: a letter for its status, then its body.
pub fn vendors(data: &[u8]) {
    let mut parts = data.split(|byte| *byte == SEPARATOR);
    let Some([number, task, channel, fates @ ..]) = parts.next() else { return };
    let task = [Task::Send, Task::LookUp, Task::Cancel][usize::from(*task) % 3];
    let channel = Channel::ALL[usize::from(*channel) % Channel::ALL.len()];
    let fates: Vec<u8> = fates.iter().map(|fate| fate.wrapping_sub(b'0') % 64).take(12).collect();
    let answers: Vec<Heard> = parts.map(answer).collect();
    if fates.is_empty() || answers.is_empty() {
        return;
    }
    survives(&*adapter(&vendor(number.wrapping_sub(b'0'))), fated(task, channel, &fates), &answers);
}

fn answer(part: &[u8]) -> Heard {
    let (status, body) = part.split_first().unwrap_or((&b'a', &[]));
    match usize::from(status.wrapping_sub(b'a')) {
        30 => Heard::Failed(Failure::Lost),
        31 => Heard::Failed(Failure::NotSent),
        number => Heard::Answer(Answer {
            status: STATUSES[number % STATUSES.len()],
            retry_after: (number >= 14).then_some(Duration::from_secs(1)),
            body: body.to_vec(),
        }),
    }
}

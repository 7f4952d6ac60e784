//! A small HTTP/1.1 client, so that the tests see every byte of what the simulator does.
#![allow(dead_code, reason = "not every test needs every part")]

use alimi_simulator::{Options, Simulator, signing};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

pub const SENDER: &str = "07000000001";

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")))?;
        Some(line.split_once(':')?.1.trim())
    }
}

pub fn start() -> Simulator {
    start_with(Options::default())
}

/// Reports are due after a minute, so that only a test that moves the clock sees them.
pub fn start_with(options: Options) -> Simulator {
    Simulator::start(Options { report_delay: Duration::from_secs(60), ..options }).unwrap()
}

/// Moves the clock past every report.
pub fn reports(simulator: &Simulator) {
    simulator.advance(Duration::from_secs(61));
}

/// `None` when the connection is closed without an answer.
pub fn ask(address: SocketAddr, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: simulator\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "Transfer-Encoding") {
        head += &format!("Content-Length: {}\r\n", body.len());
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all((head + "\r\n").as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut bytes = Vec::new();
    // A connection that is reset is one without an answer, as one that is closed.
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, head: head.to_owned(), text: body.to_owned() })
}

/// A JSON request; the answer must come.
pub fn call(simulator: &Simulator, method: &str, target: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    try_call(simulator, method, target, headers, body).expect("an answer")
}

pub fn try_call(
    simulator: &Simulator,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> Option<Answer> {
    let mut all = vec![("Content-Type", "application/json;charset=UTF-8")];
    all.extend(headers);
    let body = if body.is_null() { Vec::new() } else { serde_json::to_vec(body).unwrap() };
    ask(simulator.address(), method, target, &all, &body)
}

/// The Authorization header of SOLAPI.
pub fn solapi(secret: &str, date: &str, salt: &str) -> String {
    let signature = signing::hex(&signing::hmac_sha256(secret.as_bytes(), &[date.as_bytes(), salt.as_bytes()]));
    format!("HMAC-SHA256 apiKey=NCSSIMULATOR0001, date={date}, salt={salt}, signature={signature}")
}

/// A SOLAPI request, signed anew.
pub fn solapi_call(simulator: &Simulator, method: &str, target: &str, body: &Value) -> Answer {
    let now = alimi_simulator::clock::iso(simulator.now());
    let salt = format!("salt{:016}", SALT.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    let header = solapi("sim-solapi-secret-0123456789abcd", &now, &salt);
    call(simulator, method, target, &[("Authorization", &header)], body)
}

static SALT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);

/// The reminder's variables.
pub fn values() -> Value {
    serde_json::json!({"기관명": "나루의원", "환자명": "김하늘", "예약일": "12월 1일", "예약시간": "14:30", "진료과": "내과", "의사": "이바다"})
}

/// The reminder with those.
pub fn reminder(simulator: &Simulator) -> String {
    let values = values();
    let template = &simulator.setup().template("REMIND01").unwrap().text;
    alimi_simulator::matching::fill(template, |name| values[name].as_str()).unwrap()
}

/// A number whose fate is this.
pub fn number(fate: u32) -> String {
    format!("010000000{fate:02}")
}

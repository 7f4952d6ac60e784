//! How many messages a second the simulator takes, and reports, on this machine: NHN in requests of 1,000, SOLAPI in
//! requests of 10,000. `cargo run --release -p alimi-simulator --example load`

use alimi_simulator::{Options, Simulator, clock, signing};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn post(simulator: &Simulator, target: &str, header: &str, body: &[u8]) -> Outcome<()> {
    let mut stream = TcpStream::connect(simulator.address())?;
    let length = body.len();
    let head = format!(
        "POST {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n{header}\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    if answer.starts_with(b"HTTP/1.1 200") { Ok(()) } else { Err(String::from_utf8_lossy(&answer).into()) }
}

fn main() -> Outcome<()> {
    let values = json!({"기관명": "나루의원", "환자명": "김하늘", "예약일": "12월 1일", "예약시간": "14:30", "진료과": "내과", "의사": "이바다"});
    let marked: serde_json::Map<String, serde_json::Value> =
        values.as_object().into_iter().flatten().map(|(name, value)| (format!("#{{{name}}}"), value.clone())).collect();
    let to = |n: usize| format!("0100000{:02}{:02}", n / 10 % 100, n % 10);
    let total = 200_000;
    for (name, size) in [("nhn", 1_000), ("solapi", 10_000)] {
        let simulator = Simulator::start(Options { report_delay: Duration::from_millis(1), ..Options::default() })?;
        let begun = Instant::now();
        let mut spent = Duration::ZERO;
        for batch in 0..total / size {
            let numbers = batch * size..(batch + 1) * size;
            let (target, header, body) = if name == "nhn" {
                let list: Vec<_> = numbers
                    .map(|n| json!({"recipientNo": to(n), "recipientGroupingKey": n.to_string(), "templateParameter": values}))
                    .collect();
                let body = json!({"senderKey": "sandbox-naru", "templateCode": "REMIND01", "recipientList": list});
                ("/alimtalk/v2.3/appkeys/sim-nhn-app/messages", String::from("X-Secret-Key: sim-nhn-secret"), body)
            } else {
                let options = json!({"pfId": "KA01PF-naru", "templateId": "KA01TP-REMIND01", "variables": marked, "disableSms": true});
                let list: Vec<_> = numbers
                    .map(|n| json!({"to": to(n), "customFields": {"alimi": n.to_string()}, "kakaoOptions": options}))
                    .collect();
                let (date, salt) = (clock::iso(simulator.now()), format!("salt{batch:012}"));
                let secret = simulator.setup().solapi.api_secret.as_bytes();
                let signature = signing::hex(&signing::hmac_sha256(secret, &[date.as_bytes(), salt.as_bytes()]));
                let key = &simulator.setup().solapi.api_key;
                let header =
                    format!("Authorization: HMAC-SHA256 apiKey={key}, date={date}, salt={salt}, signature={signature}");
                (
                    "/messages/v4/send-many/detail",
                    header,
                    json!({"messages": list, "allowDuplicates": true, "showMessageList": true}),
                )
            };
            let body = serde_json::to_vec(&body)?;
            let asked = Instant::now();
            post(&simulator, target, &header, &body)?;
            spent += asked.elapsed();
        }
        let totals = simulator.journal(false).totals;
        let rate = total as f64 / spent.as_secs_f64();
        writeln!(
            std::io::stdout(),
            "{name}: {rate:.0} messages/s in requests of {size}; {} taken, {} delivered, {} duplicates, {:.1} s in all",
            totals.accepted,
            totals.delivered,
            totals.duplicates,
            begun.elapsed().as_secs_f64()
        )?;
    }
    Ok(())
}

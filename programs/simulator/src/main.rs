//! `alimi-simulator`: the simulator as a program.

use alimi_simulator::{Fault, Options, Setup, Simulator, Tls, Vendor, control};
use lexopt::prelude::*;
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

const HELP: &str = "\
Simulates the message gateways NHN Cloud, SOLAPI, Bizgo, Naver SENS and Aligo on one local port.

Usage: alimi-simulator [options]

  --listen ADDRESS          where it listens (127.0.0.1:8900)
  --setup FILE              logins, sender keys, numbers and templates (JSON; built in: setup.json)
  --report-delay-ms N       how long a report of delivery takes (200)
  --fault FAULT             [vendor.][call.]kind[=key:value,...]; may be repeated
  --seed N                  where the chances of faults come from (1)
  --webhook VENDOR=URL      push the reports of nhn, solapi or bizgo to this address
  --bizgo-per-second N      Bizgo's limit in recipients per second (no limit; the vendor has 200)
  --keep N                  how many messages are remembered beside the counts (200000)
  --counters-only           the journal counts, and cannot list numbers
  --capture N               how many requests GET /control/requests tells (1000)
  --tls-cert FILE           speak TLS with this certificate (PEM)
  --tls-key FILE            and this key (PEM)
  --help                    this text

Kinds of faults: throttled error_before error_after lost_after lost_before slow half_closed silent silent_after
  garbage credentials down redirect report_late report_twice report_never
Calls: send result cancel template upload other
Keys: chance (0 to 1) next (times) from_ms for_ms delay_ms status retry_after location
  --fault nhn.send.lost_after=chance:0.05
  --fault solapi.throttled=next:3,retry_after:1
  --fault slow=delay_ms:50
  --fault bizgo.down=from_ms:5000,for_ms:10000

Recipients are 010-0000-0000 to 010-0000-9999; the last two digits choose what happens, as in alimi's sandbox.
";

fn main() -> ExitCode {
    match run(std::env::args_os()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "alimi-simulator: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<(), Box<dyn std::error::Error>> {
    let Some(options) = read(lexopt::Parser::from_iter(arguments))? else {
        std::io::stdout().write_all(HELP.as_bytes())?;
        return Ok(());
    };
    let simulator = Simulator::start(options)?;
    let logins = serde_json::to_string_pretty(&control::logins(simulator.setup()))?;
    writeln!(std::io::stdout(), "listening on {}\nthe logins, all invented:\n{logins}", simulator.url())?;
    simulator.wait();
    Ok(())
}

fn read(mut arguments: lexopt::Parser) -> Result<Option<Options>, Box<dyn std::error::Error>> {
    let mut options = Options { listen: ([127, 0, 0, 1], 8900).into(), capture: 1_000, ..Options::default() };
    let (mut certificate, mut key): (Option<PathBuf>, Option<PathBuf>) = (None, None);
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("help") | Short('h') => return Ok(None),
            Long("listen") => options.listen = arguments.value()?.parse()?,
            Long("setup") => options.setup = Some(Setup::read(&PathBuf::from(arguments.value()?))?),
            Long("report-delay-ms") => options.report_delay = Duration::from_millis(arguments.value()?.parse()?),
            Long("fault") => options.faults.push(Fault::parse(&arguments.value()?.string()?)?),
            Long("seed") => options.seed = arguments.value()?.parse()?,
            Long("webhook") => {
                let text = arguments.value()?.string()?;
                let (vendor, url) = text.split_once('=').unwrap_or((&text, ""));
                let vendor = Vendor::from_word(vendor).filter(|_| url.starts_with("http://"));
                let vendor = vendor.ok_or_else(|| format!("--webhook {text}: expected VENDOR=http://..."))?;
                options.webhooks.insert(vendor, url.to_owned());
            }
            Long("bizgo-per-second") => options.bizgo_per_second = arguments.value()?.parse()?,
            Long("keep") => options.keep = arguments.value()?.parse()?,
            Long("counters-only") => options.keep_names = false,
            Long("capture") => options.capture = arguments.value()?.parse()?,
            Long("tls-cert") => certificate = Some(arguments.value()?.into()),
            Long("tls-key") => key = Some(arguments.value()?.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    options.tls = match (certificate, key) {
        (Some(certificate), Some(key)) => Some(Tls { certificate, key }),
        (None, None) => None,
        _ => return Err("--tls-cert and --tls-key go together".into()),
    };
    Ok(Some(options))
}

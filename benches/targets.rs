//! The speed this project promises, as ratios and rates measured in one run on one disk: `cargo bench --bench targets`.
//!
//! Every figure stands beside the bare limit of the same disk at the same time. Nothing is asserted here: a busy machine
//! must not fail a build. `-- --waiting N` sets the backlog of the second part (default 1,000,000).

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use alimi::message::{Body, Options, Request};
use alimi::{Client, Settings};
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const BATCH: usize = 1_000;
const ROUNDS: usize = 2_000;

fn main() {
    if let Some(folder) = std::env::args().skip_while(|a| a != "--resident").nth(1) {
        return resident(Path::new(&folder));
    }
    let waiting = std::env::args().skip_while(|a| a != "--waiting").nth(1).and_then(|n| n.parse().ok());
    let folder = tempfile::tempdir_in(std::env::current_dir().unwrap().join("target")).unwrap();
    let bench = Bench::new(folder.path());
    println!("an empty outbox");
    let empty = bench.measure();
    empty.print(None);

    let waiting = waiting.unwrap_or(1_000_000);
    println!("\n{waiting} messages waiting");
    let start = Instant::now();
    bench.fill(waiting);
    println!("  filled in {:.1} s", start.elapsed().as_secs_f64());
    let bench = bench.reopen();
    let full = bench.measure();
    full.print(Some(&empty));
    bench.idle();
    bench.client.shutdown(Duration::from_secs(60)).unwrap();
    let own = std::env::current_exe().unwrap();
    std::process::Command::new(own).arg("--resident").arg(folder.path()).status().unwrap();
}

/// A process of its own, for this one has made texts for its measurements: opens the outbox with all that waits, sends and
/// takes results for a while, and says what memory it has.
fn resident(folder: &Path) {
    let start = Instant::now();
    let bench = Bench::new(folder);
    println!(
        "  start with all that waits                {:>10.1} ms   (promised <= 1,000)",
        start.elapsed().as_secs_f64() * 1e3
    );
    println!("  resident memory after the start          {:>10.1} MiB  (promised <= 64)", resident_mib());
    bench.number.store(1 << 40, Ordering::Relaxed);
    bench.whole_way();
    println!("  resident memory after 100,000 messages   {:>10.1} MiB  (promised <= 64)", resident_mib());
}

/// Microseconds.
struct Latency {
    raw: f64,
    raw_p99: f64,
    send: f64,
    send_p99: f64,
    paused: f64,
}

/// What was measured.
struct Figures {
    latency: Latency,
    one_caller: Rate,
    callers_16: Rate,
    batch: Rate,
    whole_way: Rate,
}

/// Messages a second, and the processor time of this whole process for one in microseconds: a busy machine changes the
/// first far more than the second.
#[derive(Clone, Copy)]
struct Rate {
    messages: f64,
    processor: f64,
}

impl Rate {
    fn of(messages: usize, work: impl FnOnce()) -> Rate {
        let (start, before) = (Instant::now(), processor_time());
        work();
        let spent = processor_time() - before;
        Rate {
            messages: messages as f64 / start.elapsed().as_secs_f64(),
            processor: spent.as_secs_f64() * 1e6 / messages as f64,
        }
    }
}

impl Figures {
    fn print(&self, before: Option<&Figures>) {
        let line = |name: &str, value: f64, unit: &str, note: String, was: Option<f64>| {
            let change = was.map(|was| format!("  {:+.0} % beside the empty outbox", (value / was - 1.0) * 100.0));
            println!("  {name:<40} {value:>10.1} {unit:<6} {note}{}", change.unwrap_or_default());
        };
        let now = &self.latency;
        line("raw fdatasync of 4 KiB, p50", now.raw, "us", format!("p99 {:.1}", now.raw_p99), None);
        let ratio = format!("{:.2} x raw (promised <= 1.6)", now.send / now.raw);
        line("durable send, one caller, p50", now.send, "us", ratio, before.map(|b| b.latency.send));
        let ratio = format!("{:.2} x raw p99", now.send_p99 / now.raw_p99);
        line("durable send, one caller, p99", now.send_p99, "us", ratio, None);
        let ratio = format!("{:.2} x raw", now.paused / now.raw);
        line("durable send after a pause, p50", now.paused, "us", ratio, None);
        let rate = |name: &str, now: Rate, note: &str, was: Option<Rate>| {
            let note = format!("{:.1} us of processor {note}", now.processor);
            line(name, now.messages, "/s", note, was.map(|was| was.messages));
        };
        rate("one caller", self.one_caller, "", before.map(|b| b.one_caller));
        let ratio = format!("{:.1} x one caller (promised >= 8)", self.callers_16.messages / self.one_caller.messages);
        rate("16 callers", self.callers_16, &ratio, before.map(|b| b.callers_16));
        rate("batches of 1,000", self.batch, "(promised >= 100,000)", before.map(|b| b.batch));
        rate("whole way", self.whole_way, "(promised >= 40,000)", before.map(|b| b.whole_way));
    }
}

struct Bench {
    client: Arc<Client>,
    folder: PathBuf,
    number: Arc<AtomicU64>,
}

impl Bench {
    fn new(folder: &Path) -> Bench {
        Bench { client: open(folder), folder: folder.to_owned(), number: Arc::default() }
    }

    /// Ends the client and opens the same outbox again.
    fn reopen(self) -> Bench {
        let Bench { client, folder, number } = self;
        client.shutdown(Duration::from_secs(10)).unwrap();
        Bench { client: open(&folder), folder, number }
    }

    fn measure(&self) -> Figures {
        let latency = self.latency();
        let one_caller = self.callers(1, ROUNDS);
        let callers_16 = self.callers(16, ROUNDS);
        Figures { latency, one_caller, callers_16, batch: self.batches(), whole_way: self.whole_way() }
    }

    /// The next message: reserved for tomorrow, so that only keeping it is measured, or due at once.
    fn request(&self, later: bool) -> Request {
        request(self.number.fetch_add(1, Ordering::Relaxed), later)
    }

    /// Sends and raw writes with fdatasync in turns of 20, so that both see the same disk at the same time; then single
    /// sends after a pause in which the threads have gone to sleep.
    fn latency(&self) -> Latency {
        let raw = RawFile::new(&self.folder);
        let send = || {
            let request = self.request(true);
            let start = Instant::now();
            self.client.send(request).unwrap();
            start.elapsed().as_secs_f64() * 1e6
        };
        let (mut raws, mut sends, mut paused) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS / 20 {
            raws.extend((0..20).map(|n| raw.write(round * 20 + n)));
            sends.extend((0..20).map(|_| send()));
        }
        for _ in 0..ROUNDS / 10 {
            std::thread::sleep(Duration::from_millis(2));
            paused.push(send());
        }
        Latency {
            raw: percentile(&mut raws, 0.5),
            raw_p99: percentile(&mut raws, 0.99),
            send: percentile(&mut sends, 0.5),
            send_p99: percentile(&mut sends, 0.99),
            paused: percentile(&mut paused, 0.5),
        }
    }

    fn callers(&self, callers: usize, rounds: usize) -> Rate {
        let send = || (0..rounds).for_each(|_| drop(self.client.send(self.request(true)).unwrap()));
        Rate::of(callers * rounds, || {
            std::thread::scope(|scope| (0..callers).for_each(|_| drop(scope.spawn(send))));
        })
    }

    /// `alimi_send_batch` as a caller in C uses it: JSON text in.
    fn batches(&self) -> Rate {
        let texts: Vec<String> = (0..100)
            .map(|_| {
                let first = self.number.fetch_add(BATCH as u64, Ordering::Relaxed);
                let messages: Vec<serde_json::Value> = (first..first + BATCH as u64).map(json).collect();
                serde_json::Value::from(messages).to_string()
            })
            .collect();
        Rate::of(texts.len() * BATCH, || {
            for text in &texts {
                let requests = alimi::message::parse_batch(text).unwrap().into_iter().map(|r| r.unwrap()).collect();
                assert!(self.client.send_batch(requests).unwrap().iter().all(Result::is_ok));
            }
        })
    }

    /// Send, deliver by the sandbox, poll, acknowledge.
    fn whole_way(&self) -> Rate {
        let messages = 100_000;
        let send = || {
            for _ in 0..messages / BATCH {
                let requests = (0..BATCH).map(|_| self.request(false)).collect();
                assert!(self.client.send_batch(requests).unwrap().iter().all(Result::is_ok));
            }
        };
        Rate::of(messages, || {
            std::thread::scope(|scope| {
                scope.spawn(send);
                for _ in 0..messages {
                    let result = self.client.poll(Duration::from_secs(60)).unwrap().unwrap();
                    self.client.acknowledge(&result.key).unwrap();
                }
            });
        })
    }

    fn fill(&self, messages: usize) {
        for _ in 0..messages / BATCH {
            let requests = (0..BATCH).map(|_| self.request(true)).collect();
            self.client.send_batch(requests).unwrap();
        }
    }

    /// How often the threads of an idle client run: voluntary context switches over two seconds.
    fn idle(&self) {
        self.client.flush(Duration::from_secs(60)).unwrap();
        std::thread::sleep(Duration::from_secs(2));
        let before = switches();
        std::thread::sleep(Duration::from_secs(2));
        let wakes: Vec<String> = switches()
            .iter()
            .map(|(name, count)| {
                let earlier = before.iter().find(|(n, _)| n == name).map_or(0, |(_, c)| *c);
                format!("{name}: {}", count - earlier)
            })
            .collect();
        println!("  threads of an idle client and their wake-ups in 2 s: {}", wakes.join(", "));
    }
}

fn open(folder: &Path) -> Arc<Client> {
    let configuration = serde_json::json!({
        "outbox": {"encryption": "none", "path": folder.join("outbox.db"), "max_messages": 5_000_000, "max_megabytes": 100_000},
        "gateways": {"sandbox": {"type": "sandbox", "delay_ms": 0}},
        "accounts": {"clinic": {"sender_key": "test", "sender_number": "070-0000-0001"}},
        "templates": {"visit": {
            "text": "[#{hospital}] 예약 안내\n#{name}님, #{date} #{time} #{department} 진료가 예약되어 있습니다.\n\
                     오시기 전에 접수 창구에서 성함을 말씀해 주세요. 변경은 전화로 알려 주시기 바랍니다."
        }},
    });
    Arc::new(Client::start(Settings::parse(&configuration.to_string()).unwrap()).unwrap())
}

const VARIABLES: [(&str, &str); 5] = [
    ("hospital", "가나다병원"),
    ("name", "김하늘"),
    ("date", "12월 1일"),
    ("time", "오전 9시"),
    ("department", "내과"),
];

fn request(number: u64, later: bool) -> Request {
    Request {
        key: format!("R-20261201-{number:09}"),
        to: "010-0000-0000".into(),
        body: Body::Alimtalk {
            template: "visit".into(),
            variables: VARIABLES.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        },
        options: Options { send_at: later.then(tomorrow), ..Options::default() },
    }
}

fn json(number: u64) -> serde_json::Value {
    let variables: serde_json::Map<_, _> =
        VARIABLES.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    serde_json::json!({
        "key": format!("R-20261201-{number:09}"),
        "to": "010-0000-0000",
        "template": "visit",
        "variables": variables,
        "send_at": tomorrow(),
    })
}

fn tomorrow() -> String {
    static TOMORROW: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    TOMORROW.get_or_init(|| alimi::time::Timestamp::now().after(Duration::from_secs(86_400)).to_iso()).clone()
}

/// The bare limit: a file of its final size, overwritten and synced, as the log of a database is.
struct RawFile {
    file: File,
}

impl RawFile {
    const BLOCKS: usize = 1_000;

    fn new(folder: &Path) -> Self {
        let path = folder.join("raw");
        let file = OpenOptions::new().create(true).truncate(true).write(true).open(path).unwrap();
        let raw = RawFile { file };
        for block in 0..Self::BLOCKS {
            raw.put(block);
        }
        raw.file.sync_all().unwrap();
        raw
    }

    fn put(&self, block: usize) {
        use std::os::unix::fs::FileExt;
        self.file.write_all_at(&[7; 4096], ((block % Self::BLOCKS) * 4096) as u64).unwrap();
    }

    fn write(&self, round: usize) -> f64 {
        let start = Instant::now();
        self.put(round);
        self.file.sync_data().unwrap();
        start.elapsed().as_secs_f64() * 1e6
    }
}

fn percentile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * part) as usize]
}

fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

/// Of all threads of this process so far; see proc_pid_stat(5).
fn processor_time() -> Duration {
    const TICK: Duration = Duration::from_millis(10);
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks: u32 = fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u32>().unwrap()).sum();
    TICK * ticks
}

/// Voluntary context switches of our own threads, by name.
fn switches() -> Vec<(String, u64)> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let read = |path: PathBuf| std::fs::read_to_string(path).unwrap_or_default();
    tasks
        .filter_map(|task| {
            let status = read(task.unwrap().path().join("status"));
            let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            let name = field("Name:")?.to_owned();
            name.starts_with("alimi").then_some(())?;
            Some((name, field("voluntary_ctxt_switches:")?.parse().ok()?))
        })
        .collect()
}

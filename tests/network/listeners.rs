//! Servers that do one thing, often a wrong one.

use super::vendors::PATIENCE;
use rustls::{ServerConfig, ServerConnection};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

/// A server that does the same with every connection, each on a thread of its own.
pub struct Server<T> {
    pub address: SocketAddr,
    told: Receiver<T>,
}

impl<T: Send + 'static> Server<T> {
    /// `serve` gets each connection; what it tells is kept for the test.
    pub fn start(serve: impl Fn(TcpStream, &dyn Fn(T)) + Send + Sync + 'static) -> Server<T> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, told) = channel();
        let serve = Arc::new(serve);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (tell, serve) = (tell.clone(), Arc::clone(&serve));
                // It ends when the other side lets go, or with the process.
                std::thread::spawn(move || serve(stream, &|said| drop(tell.send(said))));
            }
        });
        Server { address, told }
    }

    pub fn http(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn https(&self) -> String {
        format!("https://{}", self.address)
    }

    /// What was told next.
    pub fn next(&self) -> T {
        self.told.recv_timeout(PATIENCE).expect("a connection")
    }

    /// What was told so far and not asked for.
    pub fn so_far(&self) -> Vec<T> {
        self.told.try_iter().collect()
    }
}

/// Takes connections and never says a word; tells of each, from whom.
pub fn silent() -> Server<SocketAddr> {
    Server::start(|mut stream, tell| {
        tell(stream.peer_addr().unwrap());
        // Until the other side gives up.
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    })
}

/// Reads a request and answers with these bytes, again and again from `again` on while anybody listens.
pub fn answering(head: String, again: &'static [u8]) -> Server<()> {
    Server::start(move |mut stream, tell| {
        while !read_request(&mut stream).is_empty() {
            tell(());
            if stream.write_all(head.as_bytes()).is_err() {
                return;
            }
            while !again.is_empty() {
                if stream.write_all(again).is_err() {
                    return;
                }
            }
        }
    })
}

/// The head of a request; its body, of the length it gives, is read and dropped. Empty at the end.
pub fn read_request(stream: &mut TcpStream) -> String {
    let head = read_head(stream);
    let length = |line: &str| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok();
    let length: usize = head.lines().find_map(length).unwrap_or(0);
    let mut body = vec![0; length];
    if stream.read_exact(&mut body).is_ok() { head } else { String::new() }
}

/// Byte by byte, so that nothing behind it is taken.
pub fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return String::new(),
        }
    }
    String::from_utf8(head).unwrap()
}

/// What a client shows of itself in TLS.
#[derive(Debug)]
pub struct Shown {
    /// Its certificate.
    pub certificate: Option<Vec<u8>>,
    /// The protocol that was agreed on.
    pub protocol: Option<Vec<u8>>,
    /// The first bytes it says.
    pub first: Vec<u8>,
}

/// Makes the handshake, listens to the first word, tells of it and says nothing more; `Err` tells why there was none.
pub fn tls(config: ServerConfig) -> Server<Result<Shown, String>> {
    let config = Arc::new(config);
    Server::start(move |mut stream, tell| {
        let mut tls = ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut first = vec![0; 14];
        let read = rustls::Stream::new(&mut tls, &mut stream).read_exact(&mut first);
        tell(match read {
            Err(error) => Err(error.to_string()),
            Ok(()) => Ok(Shown {
                certificate: tls.peer_certificates().map(|chain| chain[0].to_vec()),
                protocol: tls.alpn_protocol().map(<[u8]>::to_vec),
                first,
            }),
        });
        // Until the other side gives up.
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    })
}

/// A server that speaks TLS 1.0 and nothing newer, as far as it comes: its first answer says so.
pub fn tls_1_0() -> Server<()> {
    const VERSION: [u8; 2] = [3, 1];
    // ServerHello: version, 32 bytes of chance, no session, TLS_RSA_WITH_AES_128_CBC_SHA, no compression.
    let hello = [&VERSION[..], &[7; 32], &[0], &[0, 0x2f], &[0]].concat();
    let handshake = [&[2, 0, 0, u8::try_from(hello.len()).unwrap()], &hello[..]].concat();
    let record = [&[22], &VERSION[..], &[0, u8::try_from(handshake.len()).unwrap()], &handshake].concat();
    Server::start(move |mut stream, tell| {
        let mut begin = [0; 1];
        if stream.read_exact(&mut begin).is_ok() {
            tell(());
            let _ = stream.write_all(&record);
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
    })
}

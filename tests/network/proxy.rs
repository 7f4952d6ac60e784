//! A proxy as hospitals have them: tunnels for TLS, passes plain HTTP on, and wants a login where it has one.

use super::listeners::{Server, read_head};
use std::io::Write;
use std::net::{Shutdown, TcpStream};

pub struct ProxyServer(Server<String>);

impl ProxyServer {
    /// `login`: the header that it wants.
    pub fn start(login: Option<&'static str>) -> ProxyServer {
        ProxyServer(Server::start(move |mut stream, tell| {
            let head = read_head(&mut stream);
            if head.is_empty() {
                return;
            }
            let allowed = login.is_none_or(|wanted| header(&head, "proxy-authorization") == Some(wanted));
            tell(head.clone());
            if allowed {
                pass_on(stream, &head);
            } else {
                let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\
                               Content-Length: 0\r\nConnection: close\r\n\r\n";
                let _ = stream.write_all(refusal.as_bytes());
            }
        }))
    }

    /// Reads what it is asked for and never answers.
    pub fn hanging() -> ProxyServer {
        ProxyServer(Server::start(|mut stream, tell| {
            tell(read_head(&mut stream));
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }))
    }

    pub fn url(&self) -> String {
        self.0.http()
    }

    /// The head of the next request.
    pub fn next(&self) -> String {
        self.0.next()
    }

    /// The heads of the requests so far.
    pub fn so_far(&self) -> Vec<String> {
        self.0.so_far()
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().filter_map(|line| line.split_once(": ")).find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
}

/// Everything after the first head is passed on unread; a server takes the whole address of a request too.
fn pass_on(mut stream: TcpStream, head: &str) {
    let target = head.split(' ').nth(1).unwrap();
    let tunnel = head.starts_with("CONNECT ");
    let authority = target.trim_start_matches("http://").split('/').next().unwrap();
    let Ok(mut there) = TcpStream::connect(authority) else {
        let _ = stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
        return;
    };
    if tunnel {
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
    } else {
        there.write_all(head.as_bytes()).unwrap();
    }
    let (mut back, mut to) = (there.try_clone().unwrap(), stream.try_clone().unwrap());
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut back, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    let _ = std::io::copy(&mut stream, &mut there);
    let _ = there.shutdown(Shutdown::Write);
}

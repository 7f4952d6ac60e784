//! The HTTP client of one gateway: trust, proxy, timeouts; one request at a time through it, with every bound.
//!
//! Invariants: a redirect is never followed, so nothing goes to another host than the configured one; an answer is read up
//! to [`ANSWER_BYTES_MAX`]; a failure says whether the request can have left, and in doubt it can.

use super::{tls, trouble};
use crate::config::{Connection, Proxy, RemoteSettings};
use crate::error::{Code, Error, Result};
use crate::gateway::{Answer, Failure, Heard, Host, Method, Request, addresses};
use crate::logging::Log;
use crate::time::Timestamp;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use std::time::Duration;

/// The longest answer; a page of 1,000 reports has about 1 MB.
const ANSWER_BYTES_MAX: usize = 32 << 20;
const ANSWER_BYTES_USUAL: usize = 1 << 20;

/// What is ready to speak to a gateway.
pub(super) struct HttpClient {
    http: reqwest::Client,
    main: String,
    text: String,
}

/// An answer with what its headers say of the server's clock.
pub(super) struct Exchange {
    pub heard: Heard,
    pub server_time: Option<Timestamp>,
    /// Why there is no answer, or none of the vendor's; for the log.
    pub trouble: Option<String>,
}

impl HttpClient {
    /// Builds it. `path` is that of the gateway in the configuration.
    pub fn new(path: &str, settings: &RemoteSettings, request_timeout: Duration, log: &Log) -> Result<HttpClient> {
        let connection = &settings.connection;
        let wrong = |what: String| Error::new(Code::ConfigFile, format!("{path}{what}"));
        let tls = tls::config(&connection.tls, log).map_err(|what| wrong(format!(".tls.{what}")))?;
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(connection.connect_timeout.min(request_timeout * 9 / 10))
            // A connection of HTTP/2 carries all requests: one that died unseen is let go of before it takes the next ones.
            .http2_keep_alive_interval(request_timeout / 4)
            .http2_keep_alive_timeout(request_timeout / 4)
            .pool_idle_timeout(connection.idle_timeout)
            .pool_max_idle_per_host(connection.max_connections)
            .local_address(connection.source_address)
            .user_agent(concat!("alimi/", env!("CARGO_PKG_VERSION")))
            .tcp_nodelay(true);
        let builder = proxied(builder, connection).map_err(|what| wrong(format!(".proxy{what}")))?;
        let http = builder.build().map_err(|error| wrong(format!(": no HTTP client can be made: {error}")))?;
        let (main, text) = addresses(&settings.vendor);
        let main = connection.base_url.as_deref().unwrap_or(main);
        // A relay or simulator under one address serves both, unless it is said otherwise.
        let text = connection.text_base_url.as_deref().or(connection.base_url.as_deref()).unwrap_or(text);
        Ok(HttpClient { http, main: main.to_owned(), text: text.to_owned() })
    }

    /// Makes a request and reads the whole answer.
    pub async fn exchange(&self, request: Request) -> Exchange {
        let request = match self.build(request) {
            Ok(request) => request,
            Err(why) => return failed(Failure::NotSent, why),
        };
        match self.http.execute(request).await {
            Err(error) if error.is_connect() || error.is_builder() => failed(Failure::NotSent, trouble::of(&error)),
            Err(error) => failed(Failure::Lost, trouble::of(&error)),
            Ok(response) => read(response).await,
        }
    }

    fn build(&self, request: Request) -> std::result::Result<reqwest::Request, String> {
        let base = if request.host == Host::Main { &self.main } else { &self.text };
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut headers = HeaderMap::with_capacity(request.headers.len() + 1);
        let value = |name: &str, text: &str| {
            HeaderValue::from_str(text).map_err(|_| format!("header {name}: has a character that HTTP does not allow"))
        };
        for (name, text) in &request.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name} is no header"))?;
            let text = value(name.as_str(), text)?;
            headers.insert(name, text);
        }
        let mut builder = self.http.request(method, format!("{base}{}", request.target));
        if let Some(body) = request.body {
            headers.insert(CONTENT_TYPE, value("content-type", &body.content_type)?);
            builder = builder.body(body.bytes);
        }
        builder.headers(headers).build().map_err(|error| trouble::of(&error))
    }
}

fn proxied(
    builder: reqwest::ClientBuilder,
    connection: &Connection,
) -> std::result::Result<reqwest::ClientBuilder, String> {
    match &connection.proxy {
        Proxy::None => Ok(builder.no_proxy()),
        Proxy::Environment => Ok(builder),
        Proxy::Url { url, login } => {
            let proxy = reqwest::Proxy::all(url).map_err(|error| format!(".url: {}", trouble::of(&error)))?;
            Ok(builder.proxy(match login {
                Some((user, password)) => proxy.basic_auth(user, password.reveal()),
                None => proxy,
            }))
        }
    }
}

async fn read(mut response: reqwest::Response) -> Exchange {
    let status = response.status().as_u16();
    let header = |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let server_time = header(DATE).and_then(Timestamp::from_http_date);
    let retry_after = header(RETRY_AFTER).and_then(|text| match text.trim().parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Timestamp::from_http_date(text).map(|at| at.since(server_time.unwrap_or_else(Timestamp::now))),
    });
    let too_long = || failed(Failure::Lost, format!("the answer is longer than {} MiB", ANSWER_BYTES_MAX >> 20));
    let announced = response.content_length().map_or(0, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    if announced > ANSWER_BYTES_MAX {
        return too_long();
    }
    // Room at once for what is usual: an answer that grows is copied again and again.
    let mut body = Vec::with_capacity(announced.min(ANSWER_BYTES_USUAL));
    loop {
        match response.chunk().await {
            Ok(Some(part)) if body.len() + part.len() > ANSWER_BYTES_MAX => return too_long(),
            Ok(Some(part)) => body.extend_from_slice(&part),
            Ok(None) => break,
            Err(error) => return failed(Failure::Lost, trouble::of(&error)),
        }
    }
    let trouble = trouble::of_status(status);
    Exchange { heard: Heard::Answer(Answer { status, retry_after, body }), server_time, trouble }
}

fn failed(failure: Failure, why: String) -> Exchange {
    Exchange { heard: Heard::Failed(failure), server_time: None, trouble: Some(why) }
}

//! The listener: takes connections, lets faults strike, passes requests on.
//!
//! Invariants: every connection is a task of the one thread; when connections are not taken, the port is closed and all
//! connections are dropped, so that a caller sees "connection refused"; a lost answer is a closed socket, never an error page.

use crate::ask::{Ask, BODY_BYTES_MAX, Sever, dated, error, severed, too_many};
use crate::faults::{Call, Fault, Kind};
use crate::store::Vendor;
use crate::vendor;
use crate::world::World;
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// How long a connection whose fate is silence is kept.
const SILENCE: Duration = Duration::from_secs(600);

/// Serves until the task is dropped.
pub async fn serve(world: Arc<World>, listener: TcpListener, tls: Option<TlsAcceptor>, router: Router) {
    let Ok(address) = listener.local_addr() else { return };
    let mut listener = Some(listener);
    let mut connections = JoinSet::new();
    let mut listening = world.listening.subscribe();
    loop {
        if !*listening.borrow_and_update() {
            listener = None;
            connections.shutdown().await;
        } else if listener.is_none() {
            listener = reopen(address).await;
        }
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await.ok(),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = listening.changed() => if changed.is_err() { return },
            accepted = accepted => if let Some((stream, _)) = accepted {
                connections.spawn(connection(world.clone(), stream, tls.clone(), router.clone()));
            },
            _ = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

async fn reopen(address: SocketAddr) -> Option<TcpListener> {
    for _ in 0..100 {
        if let Ok(listener) = TcpListener::bind(address).await {
            return Some(listener);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    None
}

async fn connection(world: Arc<World>, stream: TcpStream, tls: Option<TlsAcceptor>, router: Router) {
    // The second handle keeps the connection open where only our half of it is to be closed.
    let Ok((stream, second)) = stream.into_std().and_then(|stream| Ok((stream.try_clone()?, stream))) else { return };
    let Ok(stream) = TcpStream::from_std(stream) else { return };
    let _ = stream.set_nodelay(true);
    match tls {
        None => talk(world, stream, false, second, router).await,
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                let two = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                talk(world, stream, two, second, router).await;
            }
        }
    }
}

/// Speaks HTTP/2 if `two`, else HTTP/1.1.
async fn talk<S>(world: Arc<World>, stream: S, two: bool, second: std::net::TcpStream, router: Router)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let second = Arc::new(second);
    let service = hyper::service::service_fn(move |request| {
        let (world, router, second) = (world.clone(), router.clone(), second.clone());
        async move {
            let response = answer(&world, request, router).await;
            match response.extensions().get::<Sever>() {
                None => Ok(dated(response, world.clock.shown())),
                Some(Sever::Drop) => Err("dropped on purpose"),
                Some(Sever::Half) => {
                    let _ = second.shutdown(Shutdown::Write);
                    tokio::time::sleep(SILENCE).await;
                    Err("half-closed on purpose")
                }
                Some(Sever::Silence) => {
                    tokio::time::sleep(SILENCE).await;
                    Err("silent on purpose")
                }
            }
        }
    });
    // A connection that ends in an error is one that was dropped on purpose, or by the caller.
    if two {
        let mut http = http2::Builder::new(TokioExecutor::new());
        let _ = http.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
    } else {
        let mut http = http1::Builder::new();
        let _ = http.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
    }
}

async fn answer(world: &Arc<World>, request: hyper::Request<Incoming>, router: Router) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
        return error(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long");
    };
    let body = body.to_bytes();
    let path = parts.uri.path();
    let place = vendor::place(&parts.method, path);
    let kept = if world.options.capture > 0 && place.is_some() {
        let copy = Request::from_parts(parts.clone(), Body::from(body.clone()));
        Ask::from_request(copy, &()).await.ok()
    } else {
        None
    };
    let pass = || async {
        let request = Request::from_parts(parts.clone(), Body::from(body.clone()));
        let service = TowerToHyperService::new(router);
        hyper::service::Service::call(&service, request).await.unwrap_or_else(|never| match never {})
    };
    let response = match place {
        None => pass().await,
        Some((vendor, call)) => {
            let strikes = world.state().store.faults.strike(world.clock.now(), vendor, call);
            if strikes.delay_ms > 0 {
                tokio::time::sleep(Duration::from_millis(strikes.delay_ms)).await;
            }
            match strikes.fault {
                None => pass().await,
                Some(fault) => struck(&fault, vendor, call, path, pass).await,
            }
        }
    };
    if let Some(ask) = kept {
        world.capture(&ask, response.status().as_u16());
    }
    response
}

/// The answer to a request that a fault strikes.
async fn struck<F>(fault: &Fault, vendor: Vendor, call: Call, path: &str, pass: impl FnOnce() -> F) -> Response
where
    F: Future<Output = Response>,
{
    let status = fault.status.and_then(|status| StatusCode::from_u16(status).ok());
    let failure = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match fault.kind {
        Kind::Throttled => too_many(vendor::trouble(vendor, StatusCode::TOO_MANY_REQUESTS), fault.retry_after),
        Kind::ErrorBefore => {
            let mut answer = vendor::trouble(vendor, failure);
            if let Some(seconds) = fault.retry_after {
                answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            answer
        }
        Kind::Credentials => vendor::stranger(vendor, path),
        Kind::LostBefore | Kind::Down => severed(Sever::Drop),
        Kind::HalfClosed => severed(Sever::Half),
        Kind::Silent => severed(Sever::Silence),
        Kind::Redirect => {
            let mut answer = crate::ask::empty(StatusCode::TEMPORARY_REDIRECT);
            let place = fault.location.as_deref().unwrap_or("http://redirected.invalid/");
            if let Ok(place) = HeaderValue::from_str(place) {
                answer.headers_mut().insert(header::LOCATION, place);
            }
            answer
        }
        Kind::ErrorAfter => {
            drop(pass().await);
            vendor::trouble(vendor, failure)
        }
        Kind::LostAfter => {
            drop(pass().await);
            severed(Sever::Drop)
        }
        Kind::SilentAfter => {
            drop(pass().await);
            severed(Sever::Silence)
        }
        Kind::Garbage => {
            let mut answer = pass().await;
            *answer.body_mut() = Body::from("<html>\u{0}{\"header\":[nul");
            answer.headers_mut().remove(header::CONTENT_LENGTH);
            answer
        }
        Kind::Slow | Kind::ReportLate | Kind::ReportTwice | Kind::ReportNever => {
            let _ = call;
            pass().await
        }
    }
}

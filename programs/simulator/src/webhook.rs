//! Pushes reports to the addresses that were given, and wakes what is due where nobody asks.
//!
//! Invariants: one task; reports leave in their order, each vendor's in its own form; a receiver that does not answer 200
//! is tried as often as the vendor tries, then the reports are lost, as with the vendor.

use crate::store::Vendor;
use crate::vendor::{self, Hook};
use crate::world::World;
use axum::http::Request;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::sync::Arc;
use std::time::Duration;

/// How long a receiver may take; Bizgo's figure.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a report is pushed; SOLAPI's figure, Bizgo's is 4.
const TRIES: u32 = 5;
/// Most reports in one push.
const BATCH: usize = 100;

/// Runs for ever.
pub async fn push(world: Arc<World>) {
    if world.options.webhooks.is_empty() {
        return std::future::pending().await;
    }
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    loop {
        let (hooks, next) = collect(&world);
        for (url, hook) in hooks {
            for _ in 0..TRIES {
                let mut request = Request::post(&url).header("content-type", "application/json");
                for (name, value) in &hook.headers {
                    request = request.header(*name, value);
                }
                let Ok(request) = request.body(Full::from(hook.body.clone())) else { break };
                let answer = async {
                    let response = client.request(request).await.ok()?;
                    let ok = response.status().is_success();
                    let body = response.into_body().collect().await.ok()?.to_bytes();
                    Some(ok && hook.acknowledged(&body))
                };
                if let Ok(Some(true)) = tokio::time::timeout(PATIENCE, answer).await {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        let wait = next.map_or(Duration::from_millis(50), |ms| Duration::from_millis(ms.clamp(1, 50)));
        tokio::select! {
            () = world.moved.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// What is to be pushed now, and in how many milliseconds the next report is due.
fn collect(world: &World) -> (Vec<(String, Hook)>, Option<u64>) {
    let now = world.clock.now();
    let mut state = world.state();
    let mut hooks = Vec::new();
    let ids: Vec<u64> = state.store.pushes.drain(..).collect();
    for vendor in Vendor::ALL {
        let Some(url) = world.options.webhooks.get(vendor) else { continue };
        let of = |id: &&u64| state.store.messages.get(**id).is_some_and(|message| message.product.vendor() == *vendor);
        let mine: Vec<u64> = ids.iter().filter(of).copied().collect();
        for batch in mine.chunks(BATCH) {
            hooks
                .extend(vendor::hooks(*vendor, world, &state.store, batch).into_iter().map(|hook| (url.clone(), hook)));
        }
    }
    let next = state.store.next_due().map(|at| u64::try_from(at - now).unwrap_or(0));
    (hooks, next)
}

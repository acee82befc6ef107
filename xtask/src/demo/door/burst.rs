//! Many numbered events at once, so that it is seen whether each arrives once and in order.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use super::proxy::exchange;
use crate::demo::programs::Tenant;

const MOST: u32 = 10_000;
/// The most that the server takes in one request.
const BATCH: usize = 1_000;
const MOST_ANSWER_BYTES: usize = 1_048_576;

/// A run of numbered events.
pub(super) struct Burst {
    tenant: Tenant,
    count: u32,
    run: String,
}

impl Burst {
    /// `None` for none and for too many.
    pub(super) fn new(tenant: Tenant, count: u32) -> Option<Self> {
        let run = format!("{:016x}", fastrand::u64(..));
        (1..=MOST).contains(&count).then_some(Self { tenant, count, run })
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    pub(super) fn run(&self) -> &str {
        &self.run
    }

    fn event(&self, number: u32) -> Value {
        json!({
            "tenant_id": self.tenant.as_str(),
            "topic": "burst",
            "type": "burst",
            "payload": {"run": self.run, "number": number, "count": self.count},
        })
    }
}

/// Publishes it to the server.
///
/// # Errors
/// - A sentence that says how far it came, and why not further.
pub(super) async fn publish(server: &str, burst: &Burst) -> Result<(), String> {
    let numbers: Vec<u32> = (1..=burst.count).collect();
    for batch in numbers.chunks(BATCH) {
        let events: Vec<Value> = batch.iter().map(|number| burst.event(*number)).collect();
        publish_batch(server, &events).await.map_err(|why| {
            let published = batch[0] - 1;
            format!(
                "the server has taken {published} of {} events: {why}; try again in a moment",
                burst.count
            )
        })?;
    }
    Ok(())
}

async fn publish_batch(server: &str, events: &[Value]) -> Result<(), String> {
    let away = |_| "then it was away".to_owned();
    let body = serde_json::to_vec(events).expect("values that we made are JSON");
    let request = Request::post("/api/v1/publish")
        .header("x-api-key", "dev")
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(body))
        .expect("the request's parts are well formed");
    let answer = exchange(server, request).await.map_err(away)?;
    let status = answer.status();
    let body = Body::new(answer.into_body());
    let body = axum::body::to_bytes(body, MOST_ANSWER_BYTES).await.map_err(|error| away(error.into()))?;
    if status != StatusCode::OK {
        return Err(format!("then it answered {status}"));
    }
    let answer: Value = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
    let refused =
        answer["results"].as_array().and_then(|results| results.iter().find(|result| result["ok"] != true));
    refused.map_or(Ok(()), |refused| Err(format!("then it refused one with {}", refused["error"]["code"])))
}

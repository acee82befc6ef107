use std::future::Future;

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use rustls::ClientConfig;
use steadfast_core::{ExchangeId, Input, OutgoingBytes};

use super::Happened;
use crate::endpoint::Endpoint;
use crate::error::BuildError;

/// The longest answer: the protocol's 512 KiB of events, with room for one large event and for the frames around.
const LONGEST_ANSWER: usize = 8 * 1024 * 1024;

/// The longest error object; a longer body is not the server's.
const LONGEST_REFUSAL: usize = 16 * 1024;

/// Makes HTTP exchanges over one pool of connections.
pub(super) struct Exchanger {
    client: Client,
    url: Url,
}

impl Exchanger {
    pub(super) fn new(endpoint: &Endpoint, tls: ClientConfig) -> Result<Self, BuildError> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            // The body holds the token: it goes to the configured server alone.
            .redirect(Policy::none())
            .tcp_nodelay(true)
            .build()
            .map_err(|error| BuildError::Environment(format!("no HTTP client: {error}")))?;
        Ok(Self { client, url: endpoint.poll.clone() })
    }

    pub(super) fn post(
        &self,
        exchange: ExchangeId,
        body: OutgoingBytes,
    ) -> impl Future<Output = Happened> + Send + 'static {
        let request = self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json");
        let request = match body {
            OutgoingBytes::Text(text) => request.body(text),
            OutgoingBytes::Binary(bytes) => request.body(bytes),
        };
        async move {
            match answer(exchange, request).await {
                Some(answered) => answered,
                None => Happened::Input(Input::ExchangeFailed { exchange }),
            }
        }
    }
}

async fn answer(exchange: ExchangeId, request: reqwest::RequestBuilder) -> Option<Happened> {
    let mut response = request.send().await.ok()?;
    let status = response.status();
    let retry_after_ms = retry_after(&response);
    let longest = if status == StatusCode::OK { LONGEST_ANSWER } else { LONGEST_REFUSAL };
    let body = body(&mut response, longest).await;
    let body = if status == StatusCode::OK { body? } else { body.unwrap_or_default() };
    Some(Happened::Answered { exchange, status: status.as_u16(), retry_after_ms, body })
}

async fn body(response: &mut Response, longest: usize) -> Option<String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        if body.len() + chunk.len() > longest {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    String::from_utf8(body).ok()
}

fn retry_after(response: &Response) -> Option<u64> {
    retry_after_ms(response.headers().get(RETRY_AFTER)?.to_str().ok()?)
}

/// `Retry-After` in seconds. Its form as a date is not read: it would need clocks that agree.
pub(super) fn retry_after_ms(value: &str) -> Option<u64> {
    value.trim().parse::<u64>().ok()?.checked_mul(1_000)
}

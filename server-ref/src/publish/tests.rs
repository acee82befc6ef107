#![allow(clippy::unwrap_used)]

use axum::body::Body;
use http::header::RETRY_AFTER;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use steadfast_core::Payload;
use tower::ServiceExt;

use super::*;
use crate::config::{ApiKeyConfig, Config, Secret};

/// Accepts everything but the type `refuse_me`, and keeps what it was given.
#[derive(Default)]
struct Fake(Mutex<Vec<PublishRequest>>);

impl Fake {
    fn taken(&self) -> Vec<PublishRequest> {
        self.0.lock().unwrap().clone()
    }
}

impl Publisher for Fake {
    async fn publish(&self, _: &str, requests: Vec<PublishRequest>) -> Vec<Result<Published, WireError>> {
        let mut taken = self.0.lock().unwrap();
        requests
            .into_iter()
            .map(|request| {
                if request.kind == "refuse_me" {
                    return Err(WireError::new(ErrorCode::Unavailable, "the broker is away", true));
                }
                taken.push(request.clone());
                Ok(Published {
                    id: format!("e{}", taken.len()),
                    position: (request.kind != "ephemeral")
                        .then(|| Cursor { epoch: "boot".into(), offset: taken.len() as u64 }),
                    duplicate: request.idempotency_key.is_some(),
                })
            })
            .collect()
    }
}

struct Server {
    state: Arc<ServerState>,
    fake: Arc<Fake>,
}

impl Server {
    fn new(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::dev();
        change(&mut config);
        Self { state: ServerState::new(config).unwrap(), fake: Arc::new(Fake::default()) }
    }

    async fn post_as(&self, key: &str, body: impl Into<Body>) -> (StatusCode, HeaderMap, Value) {
        // A router of its own each time would give each request a full rate.
        self.post_to(&publish_routes(&self.state, Arc::clone(&self.fake)), key, body).await
    }

    async fn post_to(
        &self,
        router: &Router,
        key: &str,
        body: impl Into<Body>,
    ) -> (StatusCode, HeaderMap, Value) {
        let request = Request::post("/api/v1/publish").header("x-api-key", key).body(body.into()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        (parts.status, parts.headers, serde_json::from_slice(&bytes).unwrap())
    }

    async fn results(&self, body: impl Into<Body>) -> Value {
        let (status, _, answer) = self.post_as("dev", body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer["results"].clone()
    }

    /// The code and message of the one element's error.
    async fn refusal(&self, body: &str) -> (String, String) {
        let results = self.results(body.to_owned()).await;
        assert_eq!(results[0]["ok"], false, "{body} was accepted");
        let text = |name| results[0]["error"][name].as_str().unwrap().to_owned();
        (text("code"), text("message"))
    }
}

fn server() -> Server {
    Server::new(|_| ())
}

fn event() -> Value {
    json!({"tenant_id": "acme", "topic": "incidents", "type": "incident_alert", "payload": {"a": 1}})
}

fn with(name: &str, value: Value) -> String {
    let mut event = event();
    event[name] = value;
    event.to_string()
}

#[tokio::test]
async fn an_event_is_published_with_all_its_fields() {
    let server = server();
    let body = r#"{"tenant_id":"acme","topic":"kpis","type":"kpi","payload":{"n": 1e400, "s":"\ud800"},
        "key":"site-7","priority":"high","requires_acknowledgment":true,"correlation_id":"c","idempotency_key":"i"}"#;
    let results = server.results(body).await;
    assert_eq!(results, json!([{"ok": true, "id": "e1", "epoch": "boot", "offset": 1, "duplicate": true}]));
    let expected = PublishRequest {
        tenant: crate::TenantId::parse("acme").unwrap(),
        target: Target::Topic(crate::TopicName::parse("kpis").unwrap()),
        kind: "kpi".to_owned(),
        payload: Payload::Json(r#"{"n": 1e400, "s":"\ud800"}"#.into()),
        key: Some("site-7".to_owned()),
        deleted: false,
        priority: Some("high".to_owned()),
        requires_acknowledgment: true,
        correlation_id: Some("c".to_owned()),
        idempotency_key: Some("i".to_owned()),
    };
    assert_eq!(server.fake.taken(), [expected]);
}

#[tokio::test]
async fn results_come_in_the_order_of_the_input_and_each_is_judged_alone() {
    let server = server();
    let body = json!([
        event(),
        {"tenant_id": "acme", "topic": "a b", "type": "x"},
        {"tenant_id": "acme", "topic": "t", "type": "refuse_me"},
        {"tenant_id": "acme", "user_id": "ana", "type": "ephemeral"},
        5,
        event(),
    ]);
    let results = server.results(body.to_string()).await;
    let codes: Vec<_> = results.as_array().unwrap().iter().map(|r| r["error"]["code"].as_str()).collect();
    assert_eq!(codes, [None, Some("bad_topic"), Some("unavailable"), None, Some("bad_frame"), None]);
    assert_eq!(results[2]["error"]["retryable"], true);
    assert_eq!(results[3], json!({"ok": true, "id": "e2"}));
    assert_eq!(results[5]["id"], "e3");
    let taken = server.fake.taken();
    assert_eq!(taken[1].target, Target::User(crate::UserId::parse("ana").unwrap()));
    assert_eq!(taken[1].payload, Payload::Json("null".into()));
}

#[tokio::test]
async fn bad_elements_are_refused_with_the_field_named() {
    let server = server();
    let cases = [
        (with("tenant_id", json!(null)), "bad_frame", "`tenant_id`"),
        (with("tenant_id", json!("a:b")), "bad_frame", "`tenant_id`"),
        (with("tenant_id", json!(7)), "bad_frame", "`tenant_id`"),
        (with("topic", json!(null)), "bad_frame", "neither"),
        (with("user_id", json!("ana")), "bad_frame", "both"),
        (with("topic", json!("user:bob")), "forbidden", "`topic`"),
        (with("topic", json!("open:incidents")), "forbidden", "`topic`"),
        (with("type", json!("")), "bad_frame", "`type`"),
        (with("type", json!("x".repeat(65))), "bad_frame", "`type`"),
        (with("type", json!("rt.drain")), "bad_frame", "`type`"),
        (with("type", json!("pong")), "bad_frame", "`type`"),
        (with("deleted", json!(true)), "bad_frame", "`key`"),
        (with("deleted", json!("yes")), "bad_frame", "`deleted`"),
        (with("requires_acknowledgment", json!(1)), "bad_frame", "`requires_acknowledgment`"),
        (with("key", json!("k".repeat(257))), "bad_frame", "`key`"),
        (with("idempotency_key", json!("")), "bad_frame", "`idempotency_key`"),
        (with("idempotency_key", json!("i".repeat(129))), "bad_frame", "`idempotency_key`"),
    ];
    for (body, code, word) in cases {
        let (found, message) = server.refusal(&body).await;
        assert_eq!(found, code, "{body}: {message}");
        assert!(message.contains(word), "{body}: {message}");
    }
    let surrogate = r#"{"tenant_id":"acme","topic":"t","type":"\ud800","payload":1}"#;
    assert_eq!(server.refusal(surrogate).await.0, "bad_frame");
    let both = r#"{"tenant_id":"acme","topic":"t","type":"x","key":"k","deleted":true,"payload":1}"#;
    assert!(server.refusal(both).await.1.contains("`payload`"));
    assert!(server.fake.taken().is_empty());
}

#[tokio::test]
async fn depth_counts_from_the_element() {
    let server = server();
    let nested = |depth: usize| {
        let payload = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"tenant_id":"acme","topic":"t","type":"x","payload":{payload}}}"#)
    };
    assert_eq!(server.refusal(&nested(64)).await.0, "too_deep");
    let batch = format!("[{},{}]", nested(63), nested(100_000));
    let results = server.results(batch).await;
    assert_eq!((&results[0]["ok"], &results[1]["error"]["code"]), (&json!(true), &json!("too_deep")));
}

#[tokio::test]
async fn an_event_that_fits_no_frame_is_refused_alone() {
    let server = Server::new(|config| {
        config.limits.max_frame_bytes = 2_048;
        config.limits.max_hello_bytes = 1_024;
    });
    let body =
        json!([serde_json::from_str::<Value>(&with("payload", json!("x".repeat(1_600)))).unwrap(), event()]);
    let results = server.results(body.to_string()).await;
    assert_eq!((&results[0]["error"]["code"], &results[1]["ok"]), (&json!("too_large"), &json!(true)));
}

#[tokio::test]
async fn the_last_of_a_repeated_field_counts_and_unknown_ones_are_counted() {
    let server = server();
    let body = r#"{"tenant_id":"globex","topic":"t","type":"x","payload":1,"colour":"red","tenant_id":"acme","rt":{}}"#;
    server.results(body).await;
    assert_eq!(server.fake.taken()[0].tenant.as_str(), "acme");
    assert!(server.state.metrics.text().contains("steadfast_unknown_fields_total 2"));
}

#[tokio::test]
async fn a_deletion_has_a_key_and_no_payload() {
    let server = server();
    server
        .results(
            r#"{"tenant_id":"acme","topic":"kpis","type":"kpi","key":"k","deleted":true,"payload":null}"#,
        )
        .await;
    let taken = server.fake.taken();
    assert!(taken[0].deleted);
    assert_eq!(taken[0].payload, Payload::None);
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused_whole() {
    let server = server();
    for body in ["", "5", "\"x\"", "{", "[{}", "[1,]", "nul", "{} {}"] {
        let (status, _, answer) = server.post_as("dev", body).await;
        assert_eq!(
            (status, &answer["error"]["code"]),
            (StatusCode::BAD_REQUEST, &json!("bad_frame")),
            "{body}"
        );
    }
    let (status, _, answer) = server.post_as("dev", vec![b'{', 0xff]).await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::BAD_REQUEST, &json!("bad_frame")));
    assert_eq!(server.results("[]").await, json!([]));
}

#[tokio::test]
async fn bodies_have_limits() {
    let server = server();
    let (status, _, answer) = server.post_as("dev", format!("[{}]", vec!["{}"; 1_001].join(","))).await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("too_large")));
    let (status, _, answer) = server.post_as("dev", " ".repeat(MAX_PUBLISH_BODY_BYTES + 1)).await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("too_large")));
    assert_eq!(
        server.results(format!("[{}]", vec!["{}"; 1_000].join(","))).await.as_array().unwrap().len(),
        1_000
    );
}

#[tokio::test]
async fn a_key_is_needed() {
    let server = server();
    let (status, _, answer) = server.post_as("devil", event().to_string()).await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::UNAUTHORIZED, &json!("unauthorized")));
    let router = publish_routes(&server.state, Arc::clone(&server.fake));
    let request = Request::post("/api/v1/publish").body(Body::from(event().to_string())).unwrap();
    assert_eq!(router.oneshot(request).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert!(server.fake.taken().is_empty());
}

#[tokio::test]
async fn a_key_publishes_to_its_tenants_alone() {
    let server = Server::new(|config| {
        config.api_keys.push(ApiKeyConfig {
            name: "bound".to_owned(),
            key: Some(Secret::new("a key for acme alone")),
            key_file: None,
            sha256: None,
            tenants: Some(vec!["acme".to_owned()]),
        });
    });
    let foreign = with("tenant_id", json!("globex"));
    let (status, _, answer) = server.post_as("a key for acme alone", foreign.clone()).await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::FORBIDDEN, &json!("forbidden")));
    let (status, _, answer) =
        server.post_as("a key for acme alone", format!("[{foreign},{}]", event())).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["results"][0]["error"]["code"], "forbidden");
    assert_eq!(answer["results"][1]["ok"], true);
    assert_eq!(server.fake.taken().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_publishes_too_fast_is_told_when_to_retry() {
    let server = Server::new(|config| config.limits.api_publishes_per_second = 1);
    let router = publish_routes(&server.state, Arc::clone(&server.fake));
    let batch = json!([event(), event()]).to_string();
    assert_eq!(server.post_to(&router, "dev", batch.clone()).await.0, StatusCode::OK);
    let (status, headers, answer) = server.post_to(&router, "dev", batch.clone()).await;
    assert_eq!((status, &headers[RETRY_AFTER]), (StatusCode::TOO_MANY_REQUESTS, &"2".parse().unwrap()));
    assert_eq!(
        (&answer["error"]["retryable"], &answer["error"]["retry_after_ms"]),
        (&json!(true), &json!(2_000))
    );
    tokio::time::advance(std::time::Duration::from_secs(2)).await;
    assert_eq!(server.post_to(&router, "dev", batch).await.0, StatusCode::OK);
    assert_eq!(server.fake.taken().len(), 4);
}

/// A body that never arrives.
struct Stalled;

impl axum::body::HttpBody for Stalled {
    type Data = axum::body::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
        std::task::Poll::Pending
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_is_given_up() {
    let began = Instant::now();
    let (status, _, answer) = server().post_as("dev", Body::new(Stalled)).await;
    assert_eq!(began.elapsed(), std::time::Duration::from_secs(30));
    assert_eq!((status, &answer["error"]["retryable"]), (StatusCode::REQUEST_TIMEOUT, &json!(true)));
}

#![allow(clippy::unwrap_used)]

use super::*;
use crate::auth::TokenFault;

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

/// Whether the text holds exactly this line.
fn has(metrics: &Metrics, line: &str) -> bool {
    metrics.text().lines().any(|found| found == line)
}

#[test]
fn what_happens_is_counted() {
    let metrics = Metrics::new();
    metrics.connection_opened(&tenant("acme"));
    metrics.connection_opened(&tenant("acme"));
    metrics.connection_closed(Some(&tenant("acme")), 4408);
    metrics.connection_closed(None, 4401);
    metrics.handshake_refused(HandshakeRefusal::Full);
    metrics.authentication_failed(AuthError::TokenExpired);
    metrics.authentication_failed(TokenFault::BadSignature.into());
    metrics.api_key_failed();
    metrics.event_published(TopicClass::State, 300);
    metrics.events_delivered(Delivered::WebSocket, 64, 20_000);
    metrics.events_delivered(Delivered::Exchange, 1, 500);
    metrics.exchange_answered(Duration::from_millis(3));
    metrics.exchange_refused();
    metrics.publish_answered(StatusCode::OK, Duration::from_millis(1));
    metrics.gap(GapReason::HistoryEvicted);
    metrics.acknowledged(AckState::Acknowledged, 3);
    metrics.message_accepted(true);
    metrics.message_failed(&ErrorCode::RateLimited);
    metrics.bad_frame(&ErrorCode::TooDeep);
    metrics.unknown_fields(2);
    metrics.phase_changed(Phase::Closed);
    metrics.logs_hold(7, 8_192);
    for line in [
        r#"steadfast_connections{tenant="acme"} 1"#,
        r#"steadfast_connections_opened_total{tenant="acme"} 2"#,
        r#"steadfast_connections_closed_total{code="4408"} 1"#,
        r#"steadfast_connections_closed_total{code="4401"} 1"#,
        r#"steadfast_handshakes_refused_total{reason="full"} 1"#,
        r#"steadfast_authentication_failures_total{reason="token_expired"} 1"#,
        r#"steadfast_authentication_failures_total{reason="unauthorized"} 1"#,
        r#"steadfast_authentication_failures_total{reason="api_key"} 1"#,
        r#"steadfast_events_published_total{class="state"} 1"#,
        "steadfast_bytes_published_total 300",
        "steadfast_socket_events_delivered_total 64",
        "steadfast_exchange_bytes_delivered_total 500",
        "steadfast_exchange_seconds_count 1",
        "steadfast_exchanges_refused_total 1",
        r#"steadfast_publish_requests_total{code="200"} 1"#,
        r#"steadfast_gaps_total{reason="history_evicted"} 1"#,
        r#"steadfast_acknowledgements_total{state="acknowledged"} 3"#,
        r#"steadfast_message_results_total{outcome="duplicate"} 1"#,
        r#"steadfast_message_results_total{outcome="rate_limited"} 1"#,
        r#"steadfast_bad_frames_total{reason="too_deep"} 1"#,
        "steadfast_unknown_fields_total 2",
        "steadfast_drain_phase 2",
        "steadfast_log_topics 7",
        "steadfast_log_bytes 8192",
    ] {
        assert!(has(&metrics, line), "{line} is not in\n{}", metrics.text());
    }
}

#[test]
fn neither_tenants_nor_codes_grow_without_bound() {
    let metrics = Metrics::new();
    for number in 0..1_000 {
        metrics.connection_opened(&tenant(&format!("t{number}")));
        metrics.connection_closed(None, 3_000 + number);
    }
    let text = metrics.text();
    let series = |name: &str| text.lines().filter(|line| line.starts_with(name)).count();
    assert_eq!(series("steadfast_connections{"), labels::MAX_TENANTS + 1);
    assert!(has(&metrics, r#"steadfast_connections{tenant="other"} 800"#));
    assert!(has(&metrics, r#"steadfast_connections_closed_total{code="other"} 1000"#));
    // One that had its own series keeps it, so that its gauge falls where it rose.
    metrics.connection_closed(Some(&tenant("t5")), 1_000);
    metrics.connection_closed(Some(&tenant("t900")), 1_000);
    assert!(has(&metrics, r#"steadfast_connections{tenant="t5"} 0"#));
    assert!(has(&metrics, r#"steadfast_connections{tenant="other"} 799"#));
}

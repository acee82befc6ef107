//! The flight recorder over real sockets: what a client went through is replayed from its report, and holds no secrets.

use std::time::Duration;

use serde_json::json;
use steadfast::{State, Status, Transport};
use steadfast_core::{Call, Drained, Input, Moment, Omitted, Output, Recording};

use crate::support::{Mode, Numbered, Proxy, Server, builder, next, soon, token};

fn on(transport: Transport) -> impl Fn(&Status) -> bool {
    move |status| (status.state, status.transport) == (State::Connected, Some(transport))
}

/// All that is recorded, each segment replayed; with the number of segments.
fn replayed(report: &str) -> (Vec<Moment<Omitted>>, usize) {
    let recording = Recording::find(report).unwrap();
    let mut moments = Vec::new();
    for (index, segment) in recording.segments.iter().enumerate() {
        let mut replay = segment.replay::<Omitted>().unwrap();
        for moment in &mut replay {
            let moment = moment.unwrap();
            assert_ne!(moment.drained, Drained::Different, "{moment:?}");
            moments.push(moment);
        }
        if let Some(next) = recording.segments.get(index + 1) {
            assert!(next.follows && replay.leads_to(next), "segment {index} leads elsewhere");
        }
    }
    assert_eq!(recording.left_out, 0);
    (moments, recording.segments.len())
}

fn names(moments: &[Moment<Omitted>], name: &str) -> bool {
    moments.iter().any(|moment| moment.link == name || moment.fallback.starts_with(name))
}

#[tokio::test]
async fn a_cut_polling_and_the_way_back_are_replayed() {
    let server = Server::start().await;
    let proxy = Proxy::start(server.address()).await;
    let client = builder(&proxy.url(), "ana").build().unwrap();
    let mut numbered = Numbered::subscribe(&client, "numbers").live().await;
    numbered.flow(&server, &client, "a WebSocket", on(Transport::WebSocket)).await;
    numbered.more(&server, 10).await;
    proxy.cut();
    numbered.flow(&server, &client, "the loss", |status| status.attempt > 0).await;
    numbered.flow(&server, &client, "a WebSocket after the cut", on(Transport::WebSocket)).await;
    proxy.set(Mode::RefuseUpgrade);
    numbered.flow(&server, &client, "polling", on(Transport::Polling)).await;
    soon("a publish while polling", async {
        client.publish("numbers-too", "number", &json!({"secret": "a-payload-to-hide"})).await.unwrap();
    })
    .await;
    proxy.set(Mode::Pass);
    client.set_online(true).unwrap();
    numbered.flow(&server, &client, "a WebSocket again", on(Transport::WebSocket)).await;
    numbered.finish().await;

    let report = client.debug_report();
    let (moments, _) = replayed(&report);
    for name in ["Opening", "Greeting", "Live", "Waiting", "Armed", "Polling", "Leaving"] {
        assert!(names(&moments, name), "{name} is not in the recording");
    }
    let exchanged = |moment: &Moment<Omitted>| matches!(&moment.call, Call::Input(input) if matches!(&**input, Input::ExchangeAnswered { status: 200, .. }));
    assert!(moments.iter().any(exchanged));
    let events = moments.iter().flat_map(|moment| &moment.outputs);
    let delivered = events.filter(|output| matches!(output, Output::Deliver { .. })).count() as u64;
    assert!(delivered >= numbered.read(), "{delivered} deliveries of {} events", numbered.read());
    for told in ["connected by websocket", "connected by polling", "numbers: Log, offset ", "fallbacks: 1"] {
        assert!(report.contains(told), "{told} is not in the report: {report}");
    }
}

#[tokio::test]
async fn a_full_recorder_keeps_its_latest_segments() {
    const BYTES: usize = 16 * 1024;
    let server = Server::start().await;
    let client = builder(&server.url(), "ana").flight_recorder(BYTES).build().unwrap();
    let mut numbered = Numbered::subscribe(&client, "numbers").live().await;
    soon("three full segments", async {
        while Recording::find(&client.debug_report())
            .unwrap()
            .segments
            .first()
            .is_none_or(|first| !first.follows)
        {
            numbered.more(&server, 20).await;
        }
    })
    .await;
    numbered.finish().await;
    let report = client.debug_report();
    let (moments, segments) = replayed(&report);
    assert_eq!(segments, 3);
    assert!(moments.len() > 100, "{} moments", moments.len());
    let text = Recording::find(&report).unwrap().to_text();
    assert!(text.len() <= BYTES * 7 / 5 + 1_024, "{} characters", text.len());
}

#[tokio::test]
async fn no_secret_is_in_a_report() {
    let server = Server::start().await;
    let secret = token("acme", "ana");
    let client = builder(&server.url(), "ana").token(secret.as_str()).build().unwrap();
    let mut secrets = client.subscribe::<serde_json::Value>("secrets").unwrap();
    let published = client
        .publish("secrets", "note", &json!("a-payload-to-hide"))
        .correlation_id("a-correlation-to-hide")
        .requires_acknowledgment();
    let id = soon("the publish", published.into_future()).await.unwrap().id.unwrap();
    client.publish_bytes("secrets", "note", *b"bytes-to-hide").await.unwrap();
    client.acknowledge([id], Some("a-note-to-hide")).await.unwrap();
    for _ in 0..3 {
        next(&mut secrets).await;
    }
    soon("the end", client.close(Duration::from_secs(60))).await.unwrap();

    let report = client.debug_report();
    let (moments, _) = replayed(&report);
    assert!(moments.iter().any(|moment| matches!(moment.call, Call::Submit(_))));
    let recording = Recording::find(&report).unwrap();
    // As postcard writes text as it is, every secret would be seen here.
    let bytes = format!("{recording:?}").replace(", ", ",");
    let hidden = [
        secret.as_str(),
        secret.rsplit('.').next().unwrap(),
        "a-payload-to-hide",
        "bytes-to-hide",
        "a-note-to-hide",
        "a-correlation-to-hide",
    ];
    for hidden in hidden {
        let listed: Vec<String> = hidden.bytes().map(|byte| byte.to_string()).collect();
        assert!(!report.contains(hidden), "{hidden} is in the report");
        assert!(!bytes.contains(&listed.join(",")), "{hidden} is in the recording");
    }
    let known: Vec<String> = "secrets".bytes().map(|byte| byte.to_string()).collect();
    assert!(bytes.contains(&known.join(",")), "the search finds what is there");
}

#[tokio::test]
async fn a_recorder_that_is_off_records_nothing() {
    let server = Server::start().await;
    let client = builder(&server.url(), "ana").flight_recorder(0).build().unwrap();
    let mut numbered = Numbered::subscribe(&client, "numbers").live().await;
    numbered.more(&server, 10).await;
    numbered.finish().await;
    let report = client.debug_report();
    assert_eq!(replayed(&report), (Vec::new(), 0));
    assert!(report.contains("connected by websocket"));
}

//! A reader slower than its topic: a log waits for it, a state topic skips to what counts, and a log that could not
//! wait any longer says exactly what is lost.

use serde_json::{Value, json};
use steadfast::{Client, Delivery};

use crate::support::{Server, builder, next, until};

fn slow(server: &Server) -> Client {
    builder(&server.url(), "ana").buffer_events(8).build().unwrap()
}

#[tokio::test]
async fn a_log_waits_for_its_reader() {
    let server = Server::start().await;
    let client = slow(&server);
    let mut numbers = client.subscribe::<u64>("numbers").unwrap();
    assert_eq!(next(&mut numbers).await, Delivery::Live);
    server.publish_numbers("numbers", 1..=500).await;
    until("a full buffer", || client.statistics().refused > 0).await;
    let mut read = 0;
    while read < 500 {
        match next(&mut numbers).await {
            Delivery::Event(event) => {
                read += 1;
                assert_eq!(event.payload, read);
            }
            Delivery::Live => {}
            other => panic!("event {} was expected, not {other:?}", read + 1),
        }
    }
    let statistics = client.statistics();
    assert_eq!((statistics.gaps, statistics.opens), (0, 1), "{statistics:?}");
}

#[tokio::test]
async fn what_a_log_cannot_keep_any_longer_is_told_exactly() {
    let server =
        Server::configured("[[topics]]\npattern = \"numbers\"\nclass = \"log\"\nhistory_events = 1_025\n")
            .await;
    let client = slow(&server);
    let mut numbers = client.subscribe::<u64>("numbers").unwrap();
    assert_eq!(next(&mut numbers).await, Delivery::Live);
    server.publish_numbers("numbers", 1..=3_000).await;
    until("a full buffer", || client.statistics().refused > 0).await;
    let (mut covered, mut lost) = (0, 0);
    while covered < 3_000 {
        match next(&mut numbers).await {
            Delivery::Event(event) => {
                covered += 1;
                assert_eq!((event.payload, event.offset), (covered, Some(covered)));
            }
            Delivery::Gap(gap) => {
                let (first, last) = gap.lost.expect("the same numbering");
                assert_eq!(first, covered + 1);
                lost += last - covered;
                covered = last;
            }
            Delivery::Live => {}
            other => panic!("an event or a gap was expected, not {other:?}"),
        }
    }
    assert!(lost > 0);
}

#[tokio::test]
async fn a_state_topic_skips_to_the_last_values() {
    let server = Server::start().await;
    let client = slow(&server);
    let mut kpis = client.subscribe::<Value>("kpis").unwrap();
    assert_eq!(next(&mut kpis).await, Delivery::Live);
    // More keys than the buffer holds, so that it fills whatever the server skips.
    let round = |value: u64| -> Vec<Value> {
        let event = |site| json!({"tenant_id": "acme", "topic": "kpis", "type": "kpi", "key": format!("site-{site}"), "payload": value});
        (0..20).map(event).collect()
    };
    server.publish_all(&round(1)).await;
    until("a full buffer", || client.statistics().refused > 0).await;
    for value in 2..=50 {
        server.publish_all(&round(value)).await;
    }
    let mut last = std::collections::BTreeMap::new();
    let mut read = 0;
    while last.values().filter(|value| **value == json!(50)).count() < 20 {
        if let Delivery::Event(event) = next(&mut kpis).await {
            read += 1;
            last.insert(event.key.unwrap(), event.payload);
        }
    }
    assert!(read < 100, "{read} values were read");
}

#[tokio::test]
async fn a_slow_reader_delays_nobody_else() {
    let server = Server::start().await;
    let slow = slow(&server);
    let mut unread = slow.subscribe::<u64>("numbers").unwrap();
    let quick = builder(&server.url(), "bo").build().unwrap();
    let mut read = quick.subscribe::<u64>("numbers").unwrap();
    assert_eq!(next(&mut unread).await, Delivery::Live);
    assert_eq!(next(&mut read).await, Delivery::Live);
    server.publish_numbers("numbers", 1..=300).await;
    for number in 1..=300 {
        let Delivery::Event(event) = next(&mut read).await else { panic!("an event was expected") };
        assert_eq!(event.payload, number);
    }
}

//! A server that is asked to end hands its clients over before it goes.

use serde_json::{Value, json};
use steadfast::{Delivery, GapReason, State, Status};

use crate::support::{Proxy, Server, builder, event, next, until};

#[tokio::test]
async fn the_successor_is_there_before_the_old_connection_goes() {
    let config = "[drain]\nreconnect_max_ms = 0\ndeadline_ms = 15_000\n";
    let mut old = Server::configured(config).await;
    let new = Server::start().await;
    let proxy = Proxy::start(old.address()).await;
    let client = builder(&proxy.url(), "ana").build().unwrap();
    let mut numbers = client.subscribe::<Value>("numbers").unwrap();
    assert_eq!(next(&mut numbers).await, Delivery::Live);
    old.publish_numbers("numbers", [1]).await;
    assert_eq!(event(&mut numbers).await.payload, json!(1));

    let mut status = client.status();
    status.mark_unchanged();
    let watching = tokio::spawn(async move {
        let mut seen: Vec<Status> = Vec::new();
        while status.changed().await.is_ok() {
            seen.push(*status.borrow_and_update());
        }
        seen
    });

    new.publish_numbers("numbers", [2]).await;
    proxy.lead_to(new.address());
    old.terminate();
    // The memory of one server is not the other's: what the new one holds follows a gap.
    let Delivery::Gap(gap) = next(&mut numbers).await else { panic!("a gap was expected") };
    assert_eq!(gap.reason, GapReason::EpochChanged);
    assert_eq!(event(&mut numbers).await.payload, json!(2));
    assert_eq!(next(&mut numbers).await, Delivery::Live);
    new.publish_numbers("numbers", [3]).await;
    assert_eq!(event(&mut numbers).await.payload, json!(3));
    assert!(old.ended().await.success());

    let statistics = client.statistics();
    assert_eq!((statistics.drains, statistics.opens, statistics.welcomes), (1, 2, 2), "{statistics:?}");
    drop(numbers);
    client.close(std::time::Duration::from_secs(5)).await.unwrap();
    drop(client);
    let seen = crate::support::soon("the statuses", watching).await.unwrap();
    let lost: Vec<_> = seen
        .iter()
        .filter(|status| !matches!(status.state, State::Connected | State::Disconnected))
        .collect();
    assert!(lost.is_empty(), "never without a connection: {seen:?}");
}

#[tokio::test]
async fn messages_under_way_get_their_results() {
    let config = "[drain]\nreconnect_max_ms = 0\ndeadline_ms = 15_000\n";
    let old = Server::configured(config).await;
    let new = Server::start().await;
    let proxy = Proxy::start(old.address()).await;
    let client = builder(&proxy.url(), "ana").build().unwrap();
    client.publish("numbers", "number", &0).await.unwrap();
    proxy.lead_to(new.address());
    old.terminate();
    let mut published = 0;
    while client.statistics().welcomes < 2 {
        client.publish("numbers", "number", &published).await.unwrap();
        published += 1;
    }
    client.publish("numbers", "number", &published).await.unwrap();
    until("the old connection's end", || client.statistics().drains == 1).await;
}

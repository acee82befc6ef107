use serde_json::{Value, json};
use steadfast::{Client, Cursor, Delivery, State, Transport, TransportChoice};

use crate::fake::{Fake, event, result, soon, welcome};

fn polling_alone(fake: &Fake) -> Client {
    Client::builder(fake.url()).token("jwt").transport(TransportChoice::Polling).build().unwrap()
}

#[tokio::test]
async fn an_exchange_carries_the_same_frames_and_the_next_one_the_cursor() {
    let fake = Fake::start().await;
    let client = polling_alone(&fake);
    let mut incidents = client.subscribe::<Value>("incidents").unwrap();
    let exchange = fake.accept().await.exchange().await;
    assert!(exchange.head.starts_with("post /api/v1/notifications/poll "), "{}", exchange.head);
    assert!(exchange.head.contains("content-type: application/json"), "{}", exchange.head);
    assert_eq!((&exchange.body[0]["type"], &exchange.body[0]["token"]), (&json!("rt.hello"), &json!("jwt")));
    let mut position = result("incidents", "log", 0);
    position["top"] = 2.into();
    let answer = json!([
        welcome(json!([result("user", "log", 0), position])),
        event("incidents", 1, json!(1)),
        {"type": "rt.future", "anything": 1},
        event("incidents", 2, json!(2)),
    ]);
    exchange.answer("200 OK", "", &answer.to_string()).await;
    for expected in [1, 2] {
        let Some(Delivery::Event(event)) = soon(incidents.next()).await else {
            panic!("an event was expected")
        };
        assert_eq!((event.offset, event.replay), (Some(expected), true));
    }
    assert_eq!(soon(incidents.next()).await, Some(Delivery::Live));
    let status = *soon(client.status().wait_for(|status| status.state == State::Connected)).await.unwrap();
    assert_eq!(status.transport, Some(Transport::Polling));

    let next = fake.accept().await.exchange().await;
    let topics = next.body[0]["topics"].to_string();
    assert!(topics.contains(r#""cursor":{"epoch":"e1","offset":2}"#), "{topics}");
    assert_eq!(client.statistics().unknown_frames, 1);
}

#[tokio::test]
async fn a_cursor_is_never_beyond_what_was_read_of_an_answer() {
    let fake = Fake::start().await;
    let client = polling_alone(&fake);
    let at = |epoch: &str, offset| Some(Cursor { epoch: epoch.into(), offset });
    let mut incidents = client.subscribe::<Value>("incidents").unwrap();
    let answer = json!([welcome(json!([result("user", "log", 0), result("incidents", "log", 2)]))]);
    fake.accept().await.exchange().await.answer("200 OK", "", &answer.to_string()).await;
    assert_eq!(soon(incidents.next()).await, Some(Delivery::Live));
    assert_eq!(incidents.cursor().cloned(), at("e1", 2));

    let mut position = result("incidents", "log", 0);
    (position["epoch"], position["top"]) = ("e2".into(), 2.into());
    (position["recovery"], position["gap"]) = ("gap".into(), json!({"reason": "epoch_changed"}));
    let answer = json!([
        welcome(json!([result("user", "log", 0), position])),
        event("incidents", 1, json!(1)),
        event("incidents", 2, json!(2)),
    ]);
    fake.accept().await.exchange().await.answer("200 OK", "", &answer.to_string()).await;
    let mut read = Vec::new();
    for _ in 0..4 {
        let delivery = soon(incidents.next()).await.unwrap();
        read.push((matches!(delivery, Delivery::Event(_)), incidents.cursor().cloned()));
    }
    let gap = (false, at("e1", 2));
    assert_eq!(read, [gap, (true, at("e2", 1)), (true, at("e2", 2)), (false, at("e2", 2))]);
}

#[tokio::test]
async fn an_answer_that_is_no_answer_is_a_failure_and_not_the_end() {
    let fake = Fake::start().await;
    let client = polling_alone(&fake);
    let exchange = fake.accept().await.exchange().await;
    exchange.answer("200 OK", "content-type: text/html\r\n", "<html>sign in to this network</html>").await;
    soon(async {
        while client.statistics().exchanges_failed == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(client.statistics().bad_frames, 1);
    assert_eq!(client.status().borrow().state, State::Connecting);
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_token() {
    let fake = Fake::start().await;
    let thief = Fake::start().await;
    let client = polling_alone(&fake);
    let exchange = fake.accept().await.exchange().await;
    let location = format!("location: {}/\r\n", thief.url());
    exchange.answer("307 Temporary Redirect", &location, "").await;
    soon(async {
        while client.statistics().exchanges_failed == 0 {
            tokio::select! {
                _ = thief.accept() => panic!("the token went elsewhere"),
                () = tokio::task::yield_now() => {}
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_refused_websocket_leads_to_polling() {
    let fake = Fake::start().await;
    let client =
        Client::builder(fake.url()).token("jwt").fallback_after(std::time::Duration::ZERO).build().unwrap();
    let mut polled = false;
    while !polled {
        let request = fake.accept().await.exchange().await;
        if request.head.starts_with("get ") {
            request.answer("502 Bad Gateway", "", "").await;
        } else {
            let answer = json!([welcome(json!([result("user", "log", 0)]))]);
            request.answer("200 OK", "", &answer.to_string()).await;
            polled = true;
        }
    }
    let carried = |status: &steadfast::Status| status.transport == Some(Transport::Polling);
    soon(client.status().wait_for(carried)).await.unwrap();
}

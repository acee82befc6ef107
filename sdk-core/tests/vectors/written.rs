//! What the client writes, through the client itself, is what the server reads; and the exact bytes where they matter.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use steadfast_core::json::{EventHead, decode_client, decode_client_binary};
use steadfast_core::{
    AckState, Client, ClientFrame, ClientInfo, ClientMessage, Config, Cursor, Input, Instant, LinkId, Now,
    OutgoingBytes, OutgoingMessage, OutgoingPayload, Output, Payload, PollTerms, Secret, ServerFrame,
    SubscribeOptions, TopicRequest, TransportChoice, Welcome,
};

use crate::round_trips::{application_type, config, integer, json, text};
use crate::value::Value;

const NOW: Now = Now::new(Instant::from_millis(0), 1_700_000_000_000);

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn a_hello_says_what_the_client_knows(
        (instance, token, name, version, platform) in (text(), text(), text(), text(), text()),
        heartbeat_ms in of(integer()),
        requests in vec(request(), 0..5),
    ) {
        let mut config = Config::new(instance.clone());
        config.client = ClientInfo { name, version, platform };
        config.heartbeat_ms = heartbeat_ms;
        let mut client = Client::<()>::new(config.clone(), 1, NOW);
        let requests = subscribe_all(&mut client, requests);
        client.connect(NOW);
        give_token(&mut client, &token);
        client.handle_input(NOW, Input::Opened { link: LinkId(1) });
        let [ClientFrame::Hello(hello)] = &sent(&mut client)[..] else { panic!("a hello alone is sent") };
        prop_assert_eq!(hello.version, 1);
        prop_assert_eq!(&hello.token.0, &token);
        prop_assert_eq!(&hello.instance, &instance);
        prop_assert_eq!(hello.link, 1);
        prop_assert_eq!(&hello.client, &config.client);
        prop_assert_eq!(hello.heartbeat_ms, heartbeat_ms);
        prop_assert_eq!((hello.handover, hello.wait_ms, &hello.results_epoch), (false, None, &None));
        prop_assert_eq!(&hello.topics[0].topic, "user");
        prop_assert_eq!(&hello.topics[1..], &requests[..]);
    }

    #[test]
    fn a_message_arrives_as_it_was_submitted(message in message(), with_result in any::<bool>()) {
        let mut client = live();
        let reference = if with_result {
            Some(client.submit(NOW, &message).unwrap().0)
        } else {
            client.send(NOW, &message).unwrap();
            None
        };
        let [ClientFrame::Message(arrived)] = &sent(&mut client)[..] else { panic!("one message is sent") };
        prop_assert_eq!(&**arrived, &as_received(&message, reference));
    }

    #[test]
    fn an_exchange_carries_the_same_messages_as_text(messages in vec(message(), 1..5)) {
        let mut client = polling();
        let references: Vec<u64> =
            messages.iter().map(|message| client.submit(NOW, message).unwrap().0).collect();
        client.handle_input(NOW, Input::ExchangeAnswered {
            exchange: steadfast_core::ExchangeId(2),
            status: 200,
            retry_after_ms: None,
            frames: vec![welcome()],
            bad_frames: 0,
        });
        let bodies = exchanges(&mut client);
        let arrived: Vec<ClientFrame> = bodies.concat().into_iter()
            .filter(|frame| !matches!(frame, ClientFrame::Hello(_))).collect();
        let expected: Vec<ClientFrame> = messages.iter().zip(references)
            .map(|(message, reference)| ClientFrame::Message(Box::new(as_received(message, Some(reference)))))
            .collect();
        prop_assert_eq!(arrived, expected);
    }

    #[test]
    fn an_acknowledgement_arrives(ids in vec(text(), 1..5), note in of(text())) {
        let mut client = live();
        let reference = client.acknowledge(NOW, &ids, note.as_deref()).unwrap().0;
        let expected = ClientFrame::Ack { reference, ids, state: AckState::Acknowledged, note };
        prop_assert_eq!(sent(&mut client), [expected]);
    }

    #[test]
    fn a_new_token_and_a_subscription_arrive(token in text(), requests in vec(request(), 1..5)) {
        let mut client = live();
        client.handle_input(NOW, Input::Frame {
            link: LinkId(1),
            frame: ServerFrame::AuthRequired { within_ms: 30_000, reason: String::new() },
        });
        give_token(&mut client, &token);
        let frames = sent(&mut client);
        let [ClientFrame::Auth { token: arrived, .. }] = &frames[..] else { panic!("not rt.auth: {frames:?}") };
        prop_assert_eq!(&arrived.0, &token);
        for request in requests {
            let before = client.slot(&request.topic);
            let asked = subscribe_all(&mut client, vec![request]);
            let frames = sent(&mut client);
            if before != steadfast_core::Slot::UNKNOWN {
                continue;
            }
            let [ClientFrame::Subscribe { topics, .. }] = &frames[..] else { panic!("not subscribe: {frames:?}") };
            prop_assert_eq!(topics, &asked);
        }
    }
}

/// A broker may append to finished bytes: `rt` ends the event, `offset` ends `rt`, `encoding` stands right before it.
#[test]
fn an_event_ends_with_its_offset() {
    let payload = Payload::Bytes([0xff, 0xfe].into());
    let head = EventHead {
        kind: "x",
        payload: &payload,
        timestamp: "2026-03-01T10:00:00.000Z",
        correlation_id: Some("c"),
        priority: Some("low"),
        requires_acknowledgment: true,
        id: "e",
        topic: "t",
        key: Some("k"),
        deleted: true,
    };
    assert_eq!(
        head.text(Some(7)),
        "{\"type\":\"x\",\"payload\":\"//4=\",\"timestamp\":\"2026-03-01T10:00:00.000Z\",\"correlation_id\":\"c\",\
         \"priority\":\"low\",\"requires_acknowledgment\":true,\"rt\":{\"id\":\"e\",\"topic\":\"t\",\"key\":\"k\",\
         \"deleted\":true,\"encoding\":\"base64\",\"offset\":7}}"
    );
    assert!(head.text(None).ends_with("\"deleted\":true,\"encoding\":\"base64\"}}"));
}

fn request() -> impl Strategy<Value = TopicRequest> {
    let cursor = (text(), integer()).prop_map(|(epoch, offset)| Cursor { epoch: epoch.into(), offset });
    ("[A-Za-z0-9_.:-]{1,128}", of(cursor), of(vec(text(), 0..3)), of(integer())).prop_map(
        |(topic, cursor, keys, history)| TopicRequest {
            topic,
            history: history.filter(|_| cursor.is_none()),
            head: None,
            cursor,
            keys: keys.map(|mut keys: Vec<String>| {
                keys.sort();
                keys.dedup();
                keys
            }),
        },
    )
}

fn message() -> impl Strategy<Value = OutgoingMessage> {
    let payload = prop_oneof![
        Just(OutgoingPayload::None),
        json().prop_map(|text| OutgoingPayload::Json(text.into())),
        vec(any::<u8>(), 0..20).prop_map(|bytes| OutgoingPayload::Bytes(bytes.into()))
    ];
    let names = (application_type(), of("[A-Za-z0-9_.:-]{1,128}"), of(text()), of(text()), of(text()));
    (names, payload, any::<bool>(), any::<bool>()).prop_map(
        |((kind, topic, key, priority, correlation_id), payload, deleted, requires_acknowledgment)| {
            OutgoingMessage {
                kind,
                topic,
                payload,
                key,
                deleted,
                priority,
                requires_acknowledgment,
                correlation_id,
                life_ms: None,
            }
        },
    )
}

fn as_received(message: &OutgoingMessage, reference: Option<u64>) -> ClientMessage {
    ClientMessage {
        kind: message.kind.clone(),
        topic: message.topic.clone(),
        reference,
        idem: reference.map(|reference| format!("instance-{reference}")),
        key: message.key.clone(),
        deleted: message.deleted,
        priority: message.priority.clone(),
        requires_acknowledgment: message.requires_acknowledgment,
        correlation_id: message.correlation_id.clone(),
        payload: match &message.payload {
            OutgoingPayload::None => Payload::None,
            OutgoingPayload::Json(text) => Payload::Json(text.clone()),
            OutgoingPayload::Bytes(bytes) => Payload::Bytes(bytes.clone()),
        },
    }
}

/// Subscribes to the first of each name; gives the requests that this should lead to.
fn subscribe_all(client: &mut Client<()>, mut requests: Vec<TopicRequest>) -> Vec<TopicRequest> {
    let mut names = std::collections::HashSet::from(["user".to_owned()]);
    requests.retain(|request| names.insert(request.topic.clone()));
    for request in &requests {
        let TopicRequest { topic, cursor, keys, history, head: _ } = request.clone();
        client.subscribe(NOW, &topic, SubscribeOptions { keys, history, cursor }).unwrap();
    }
    requests
}

fn live() -> Client<()> {
    let mut client = Client::new(Config::new("instance"), 1, NOW);
    client.connect(NOW);
    give_token(&mut client, "token");
    client.handle_input(NOW, Input::Opened { link: LinkId(1) });
    client.handle_input(NOW, Input::Frame { link: LinkId(1), frame: welcome() });
    sent(&mut client);
    client
}

/// Exchange 1 is answered, so that messages may go into the next; exchange 2 is under way.
fn polling() -> Client<()> {
    let mut config = Config::new("instance");
    config.transport = TransportChoice::Polling;
    let mut client = Client::new(config, 1, NOW);
    client.connect(NOW);
    give_token(&mut client, "token");
    client.handle_input(
        NOW,
        Input::ExchangeAnswered {
            exchange: steadfast_core::ExchangeId(1),
            status: 200,
            retry_after_ms: None,
            frames: vec![welcome()],
            bad_frames: 0,
        },
    );
    // The next one is due an interval and its jitter later.
    client.handle_input(Now::new(NOW.monotonic + 5_500, NOW.wall_millis + 5_500), Input::Tick);
    assert_eq!(exchanges(&mut client).len(), 2);
    client
}

fn welcome() -> ServerFrame<()> {
    ServerFrame::Welcome(Box::new(Welcome {
        version: 1,
        connection: String::new(),
        heartbeat_ms: 25_000,
        max_frame_bytes: 1024 * 1024,
        max_topics: 256,
        auth_expires_in_ms: None,
        server_time: String::new(),
        results_epoch: "r-1".into(),
        poll: PollTerms { interval_ms: 5_000, wait_ms: 0 },
        topics: Vec::new(),
    }))
}

fn give_token(client: &mut Client<()>, token: &str) {
    let request = std::iter::from_fn(|| next(client))
        .find_map(|output| match output {
            Output::NeedToken { request, .. } => Some(request),
            _ => None,
        })
        .expect("a token is asked for");
    let token = Secret(token.to_owned());
    client.handle_input(NOW, Input::TokenReady { request, token, expires_in_ms: None });
}

/// The frames sent since the last drain.
fn sent(client: &mut Client<()>) -> Vec<ClientFrame> {
    std::iter::from_fn(|| next(client))
        .filter_map(|output| match output {
            Output::Send { bytes, .. } => Some(received(&bytes)),
            _ => None,
        })
        .flatten()
        .collect()
}

fn exchanges(client: &mut Client<()>) -> Vec<Vec<ClientFrame>> {
    std::iter::from_fn(|| next(client))
        .filter_map(|output| match output {
            Output::Exchange { body, .. } => Some(received(&body)),
            _ => None,
        })
        .collect()
}

fn received(bytes: &OutgoingBytes) -> Vec<ClientFrame> {
    match bytes {
        OutgoingBytes::Text(text) => {
            assert!(Value::parse(text).is_some(), "not JSON: {text}");
            decode_client(text, 64).into_iter().map(|frame| frame.expect("a good frame")).collect()
        }
        OutgoingBytes::Binary(message) => {
            vec![decode_client_binary(message).expect("a good frame")]
        }
    }
}

fn next(client: &mut Client<()>) -> Option<Output<()>> {
    Some(client.poll_output()).filter(|output| !matches!(output, Output::Wait { .. }))
}

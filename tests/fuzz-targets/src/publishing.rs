//! What backends publish and what clients ask for, as far as the hub's own answers.

use std::sync::Arc;

use steadfast_core::json::{decode_client, decode_server};
use steadfast_core::{ClientFrame, Payload, Recovery, ServerFrame, Slot, TopicClass, TopicRequest};
use steadfast_server::{
    Config, Draft, Hub, IdemKey, Mailbox, MemoryBroker, PublishRequest, Target, TenantId, TopicKey,
    TopicName, UserId, publish_elements,
};

use crate::server::moment;

/// The body of a backend's publish: what is accepted reads back as the event that was meant.
pub fn publish_body(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let elements = match publish_elements(text) {
        Ok(elements) => elements,
        Err(error) => {
            assert!(!error.to_wire().message.is_empty());
            return;
        }
    };
    let broker = broker();
    let actor: Arc<str> = "key:fuzz".into();
    for element in elements {
        let Ok((request, _)) = PublishRequest::parse(element, 1024 * 1024) else { continue };
        let idem = request.idempotency_key.clone();
        let idem = idem.map(|idem| IdemKey { actor: Arc::clone(&actor), idem: idem.into() });
        let draft = draft(request);
        let first = broker.publish(&draft, idem.as_ref(), moment(1));
        if let (Ok((appended, false)), Some(idem)) = (&first, &idem) {
            let again = broker.publish(&draft, Some(idem), moment(2));
            assert_eq!(again.as_ref(), Ok(&(appended.clone(), true)), "a repeat is not told as one");
        }
    }
    broker.hub().sweep(moment(1_000_000_000));
}

/// A topic as a hello or a subscribe asks for it: the hub's answer is a position that can be followed.
pub fn topics(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let frame = format!("{{\"type\":\"subscribe\",\"ref\":1,\"topics\":[{text}]}}");
    let [Ok(ClientFrame::Subscribe { reference: 1, topics })] = &decode_client(&frame, 1)[..] else { return };
    let broker = broker();
    for count in 0..5 {
        for (topic, key) in [("incidents", None), ("kpis", Some("north")), ("site.progress", None)] {
            let topic = TopicName::parse(topic).expect("these are names");
            let note = note(TopicKey::shared(tenant(), topic), key);
            broker.publish(&note, None, moment(count)).expect("these are well formed");
        }
    }
    let user = UserId::parse("ana").expect("this is a name");
    for request in topics.iter().take(64) {
        let Ok(name) = TopicName::parse(&request.topic) else { continue };
        check(broker.hub(), &TopicKey::of_client(&tenant(), &user, name), request);
        for known in ["incidents", "kpis", "site.progress"] {
            let name = TopicName::parse(known).expect("these are names");
            check(broker.hub(), &TopicKey::of_client(&tenant(), &user, name), request);
        }
    }
}

fn check(hub: &Hub, key: &TopicKey, request: &TopicRequest) {
    let seen = hub.look(key, request).position;
    let mailbox = Mailbox::new();
    let attached = hub.attach(key, &mailbox, 0, request, moment(9));
    assert_eq!(attached.position, seen, "a look and a reader begin at different places");
    // Of a filtered state topic the top is the highest that matches, which may lie before the cursor.
    let ordered =
        seen.class == TopicClass::Log || (seen.class == TopicClass::State && request.keys.is_none());
    assert!(!ordered || seen.offset <= seen.top, "{seen:?}");
    if let (Recovery::Resumed, Some(cursor)) = (seen.recovery, &request.cursor) {
        assert_eq!((&seen.epoch, seen.offset), (&cursor.epoch, cursor.offset));
    }
    hub.detach(&attached.topic, &mailbox, 0);
}

fn draft(request: PublishRequest) -> Draft {
    let topic = match request.target {
        Target::Topic(name) => TopicKey::shared(request.tenant, name),
        Target::User(user) => TopicKey::of_user(request.tenant, user),
    };
    let draft = Draft {
        topic,
        kind: request.kind,
        payload: request.payload,
        correlation_id: request.correlation_id,
        priority: request.priority,
        requires_acknowledgment: request.requires_acknowledgment,
        key: request.key,
        deleted: request.deleted,
    };
    reads_back(&draft);
    draft
}

/// The event as its readers decode it.
fn reads_back(draft: &Draft) {
    let head = steadfast_core::json::EventHead {
        kind: &draft.kind,
        payload: &draft.payload,
        timestamp: "2026-01-02T03:04:05.678Z",
        correlation_id: draft.correlation_id.as_deref(),
        priority: draft.priority.as_deref(),
        requires_acknowledgment: draft.requires_acknowledgment,
        id: "boot1-1",
        topic: draft.topic.name().as_str(),
        key: draft.key.as_deref(),
        deleted: draft.deleted,
    };
    let text = head.text(Some(7));
    let mut events = Vec::new();
    decode_server(&text, 1, &mut |_| Slot(0), &mut |frame| events.push(frame));
    let [Ok(ServerFrame::Event(event))] = &events[..] else { panic!("{text} is no event") };
    assert_eq!(event.payload.payload, draft.payload, "{text}");
    assert_eq!(&*event.payload.kind, draft.kind);
    assert_eq!(event.payload.key.as_deref(), draft.key.as_deref());
    assert_eq!(event.payload.priority.as_deref(), draft.priority.as_deref());
    assert_eq!(event.payload.correlation_id.as_deref(), draft.correlation_id.as_deref());
    assert_eq!((event.offset, event.deleted), (Some(7), draft.deleted));
}

fn note(topic: TopicKey, key: Option<&str>) -> Draft {
    Draft {
        topic,
        kind: "note".into(),
        payload: Payload::Json("1".into()),
        correlation_id: None,
        priority: None,
        requires_acknowledgment: false,
        key: key.map(Into::into),
        deleted: false,
    }
}

fn broker() -> MemoryBroker {
    let config = Config::dev();
    MemoryBroker::new(Hub::new(config.topics, config.totals, "boot1"))
}

fn tenant() -> TenantId {
    TenantId::parse("acme").expect("this is a name")
}

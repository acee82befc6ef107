//! What happens in the demo: an operations centre and a hospital, the same for the same seed.

use serde_json::{Map, Value, json};

mod hospital;
mod operations;

use fastrand::Rng;
use hospital::Hospital;
use operations::Operations;

/// Both tenants' worlds.
pub(super) struct World {
    random: Rng,
    operations: Operations,
    hospital: Hospital,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let operations = Operations::new(&mut random);
        Self { random, operations, hospital: Hospital::default() }
    }

    /// The last values of all that has last values.
    pub(super) fn values(&self) -> Vec<Draft> {
        self.operations.values()
    }

    /// What happens in a quarter of a second.
    pub(super) fn tick(&mut self) -> Vec<Draft> {
        let mut drafts = self.operations.tick(&mut self.random);
        drafts.extend(self.hospital.tick(&mut self.random));
        drafts
    }
}

/// An event before it is published.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    tenant: &'static str,
    topic: &'static str,
    kind: &'static str,
    payload: Value,
    key: Option<String>,
    priority: Option<&'static str>,
    requires_acknowledgment: bool,
    correlation_id: Option<String>,
}

impl Draft {
    fn new(tenant: &'static str, topic: &'static str, kind: &'static str, payload: Value) -> Self {
        Self {
            tenant,
            topic,
            kind,
            payload,
            key: None,
            priority: None,
            requires_acknowledgment: false,
            correlation_id: None,
        }
    }

    fn key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    fn priority(mut self, priority: &'static str) -> Self {
        self.priority = Some(priority);
        self
    }

    fn asking_acknowledgment(mut self) -> Self {
        self.requires_acknowledgment = true;
        self
    }

    fn correlation(mut self, id: &str) -> Self {
        self.correlation_id = Some(id.to_owned());
        self
    }

    /// The element of a publish request.
    pub(super) fn into_publish(self, idempotency_key: &str) -> Value {
        let mut publish = Map::new();
        let mut set = |name: &str, value: Value| publish.insert(name.to_owned(), value);
        set("tenant_id", json!(self.tenant));
        set("topic", json!(self.topic));
        set("type", json!(self.kind));
        set("payload", self.payload);
        set("idempotency_key", json!(idempotency_key));
        if let Some(key) = self.key {
            set("key", json!(key));
        }
        if let Some(priority) = self.priority {
            set("priority", json!(priority));
        }
        if self.requires_acknowledgment {
            set("requires_acknowledgment", json!(true));
        }
        if let Some(id) = self.correlation_id {
            set("correlation_id", json!(id));
        }
        Value::Object(publish)
    }
}

/// One element of a list that is never empty.
fn pick<T: Copy>(random: &mut Rng, list: &[T]) -> T {
    list[random.usize(..list.len())]
}

/// One decimal is enough for people.
fn rounded(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::{Draft, World};

    /// Three minutes of the demo.
    fn history(seed: u64) -> Vec<Draft> {
        let mut world = World::new(seed);
        (0..720).flat_map(|_| world.tick()).collect()
    }

    #[test]
    fn the_same_seed_is_the_same_world() {
        assert_eq!(history(7), history(7));
        assert_ne!(history(7), history(8));
    }

    #[test]
    fn all_that_the_demo_promises_happens_within_three_minutes() {
        let kinds: BTreeSet<&str> = history(1).iter().map(|draft| draft.kind).collect();
        let promised = BTreeSet::from([
            "encounter.completed",
            "encounter.started",
            "encounter.updated",
            "incident_alert",
            "incident_escalated",
            "incident_resolved",
            "kpi_update",
            "site_status",
            "system.alert",
            "system.health",
            "system_notification",
            "threat.detected",
            "threat.resolved",
            "threat.updated",
            "transcription.chunk",
            "transcription.complete",
            "transcription.progress",
        ]);
        assert_eq!(kinds, promised);
    }

    #[test]
    fn the_kpis_of_forty_sites_are_there_from_the_first_tick() {
        let first = World::new(3).tick();
        let keys: BTreeSet<_> = first
            .iter()
            .filter(|draft| draft.topic == "kpis" && draft.kind == "kpi_update")
            .filter_map(|draft| draft.key.as_deref())
            .collect();
        assert_eq!(keys.len(), 40);
    }

    #[test]
    fn a_draft_becomes_an_element_of_a_publish_request() {
        let draft = Draft::new("towerco", "kpis", "kpi_update", json!({"site_id": "TWR-001"})).key("TWR-001");
        assert_eq!(
            draft.into_publish("demo-1"),
            json!({
                "tenant_id": "towerco",
                "topic": "kpis",
                "type": "kpi_update",
                "payload": {"site_id": "TWR-001"},
                "idempotency_key": "demo-1",
                "key": "TWR-001"
            })
        );
    }
}

//! A hospital: threats to its systems, encounters with their dictated notes, and the health of the platform.

use fastrand::Rng;
use serde_json::json;

use super::{Draft, pick, rounded};

const TENANT: &str = "phoenix";
const THREAT_CHANCE: f64 = 1.0 / 60.0;
const ENCOUNTER_CHANCE: f64 = 1.0 / 50.0;
const MOST_THREATS: usize = 4;
const MOST_ENCOUNTERS: usize = 4;
const HEALTH_EVERY: u64 = 20;
const CHUNK_EVERY: u64 = 6;
const PROGRESS_EVERY: u64 = 2;

const THREATS: [(&str, &str, &str); 5] = [
    ("brute_force", "Many failed logins for one account", "high"),
    ("data_exfiltration", "Unusual volume leaves the imaging archive", "critical"),
    ("malware", "A known bad file on a nursing workstation", "critical"),
    ("privilege_escalation", "A service account asks for an admin role", "high"),
    ("phishing", "A mail with a copied login page was opened", "medium"),
];
const DEPARTMENTS: [&str; 4] = ["emergency", "cardiology", "radiology", "pediatrics"];
const COMPONENTS: [&str; 4] = ["gateway", "database", "transcription", "archive"];
const NOTES: [&str; 8] = [
    "The patient reports chest pain since this morning.",
    "No known allergies.",
    "Blood pressure is one hundred forty over ninety.",
    "Heart sounds are regular, without murmur.",
    "Lungs are clear on both sides.",
    "An electrocardiogram was taken and shows sinus rhythm.",
    "Troponin is to be repeated in three hours.",
    "Follow up with the family doctor in one week.",
];

#[derive(Default)]
pub(super) struct Hospital {
    now: u64,
    threats: Vec<Threat>,
    detected: u64,
    encounters: Vec<Encounter>,
    started: u64,
}

struct Threat {
    id: String,
    kind: &'static str,
    updates_at: u64,
    ends_at: u64,
}

struct Encounter {
    id: String,
    department: &'static str,
    began: u64,
    spoken: usize,
}

impl Hospital {
    pub(super) fn tick(&mut self, random: &mut Rng) -> Vec<Draft> {
        self.now += 1;
        let mut drafts = Vec::new();
        if self.threats.len() < MOST_THREATS && random.f64() < THREAT_CHANCE {
            drafts.push(self.detect(random));
        }
        drafts.extend(self.follow_threats(random));
        if self.encounters.len() < MOST_ENCOUNTERS && random.f64() < ENCOUNTER_CHANCE {
            drafts.push(self.start_encounter(random));
        }
        drafts.extend(self.follow_encounters());
        if self.now.is_multiple_of(HEALTH_EVERY) {
            drafts.extend(health(pick(random, &COMPONENTS), random.f64()));
        }
        drafts
    }

    fn detect(&mut self, random: &mut Rng) -> Draft {
        let (kind, description, severity) = pick(random, &THREATS);
        self.detected += 1;
        let threat = Threat {
            id: format!("threat-{}", self.detected),
            kind,
            updates_at: self.now + 12,
            ends_at: self.now + 24 + random.u64(..80),
        };
        let payload = json!({
            "threat_id": threat.id,
            "threat_type": kind,
            "description": description,
            "severity": severity,
            "source_ip": format!("10.{}.{}.{}", random.u8(..), random.u8(..), random.u8(1..255)),
            "confidence": rounded(60.0 + 40.0 * random.f64()),
            "status": "active",
        });
        let draft = Draft::new(TENANT, "threats", "threat.detected", payload)
            .priority(severity)
            .correlation(&threat.id)
            .asking_acknowledgment();
        self.threats.push(threat);
        draft
    }

    fn follow_threats(&mut self, random: &mut Rng) -> Vec<Draft> {
        let now = self.now;
        let mut drafts = Vec::new();
        self.threats.retain(|threat| {
            if threat.updates_at == now {
                let hosts = random.u32(1..12);
                drafts.push(
                    threat.event("threat.updated", json!({"status": "contained", "affected_hosts": hosts})),
                );
            }
            let ends = threat.ends_at <= now;
            if ends {
                drafts.push(threat.event("threat.resolved", json!({"status": "resolved"})));
            }
            !ends
        });
        drafts
    }

    fn start_encounter(&mut self, random: &mut Rng) -> Draft {
        self.started += 1;
        let encounter = Encounter {
            id: format!("encounter-{}", self.started),
            department: pick(random, &DEPARTMENTS),
            began: self.now,
            spoken: 0,
        };
        let draft = encounter.event("encounter.started", "in_progress");
        self.encounters.push(encounter);
        draft
    }

    fn follow_encounters(&mut self) -> Vec<Draft> {
        let now = self.now;
        let mut drafts = Vec::new();
        self.encounters.retain_mut(|encounter| {
            drafts.extend(encounter.tick(now - encounter.began));
            encounter.spoken <= NOTES.len()
        });
        drafts
    }
}

impl Threat {
    fn event(&self, kind: &'static str, mut payload: serde_json::Value) -> Draft {
        payload["threat_id"] = json!(self.id);
        payload["threat_type"] = json!(self.kind);
        Draft::new(TENANT, "threats", kind, payload).priority("info").correlation(&self.id)
    }
}

impl Encounter {
    /// The note is dictated sentence by sentence; when it is, the encounter is over.
    fn tick(&mut self, age: u64) -> Vec<Draft> {
        let mut drafts = Vec::new();
        if age > 0 && age.is_multiple_of(PROGRESS_EVERY) {
            let percent = 100 * age / (CHUNK_EVERY * (NOTES.len() as u64 + 1));
            drafts.push(self.speech("transcription.progress", json!({"percent": percent})));
        }
        if age == 0 || !age.is_multiple_of(CHUNK_EVERY) {
            return drafts;
        }
        match NOTES.get(self.spoken) {
            Some(note) => {
                let chunk = json!({"sequence": self.spoken, "text": note});
                drafts.push(self.speech("transcription.chunk", chunk));
                if self.spoken == NOTES.len() / 2 {
                    drafts.push(self.event("encounter.updated", "documentation"));
                }
            }
            None => {
                let whole = json!({"sentences": NOTES.len(), "text": NOTES.join(" ")});
                drafts.push(self.speech("transcription.complete", whole));
                drafts.push(self.event("encounter.completed", "completed"));
            }
        }
        self.spoken += 1;
        drafts
    }

    fn event(&self, kind: &'static str, status: &str) -> Draft {
        let payload = json!({"encounter_id": self.id, "department": self.department, "status": status});
        Draft::new(TENANT, "encounters", kind, payload).correlation(&self.id)
    }

    fn speech(&self, kind: &'static str, mut payload: serde_json::Value) -> Draft {
        payload["encounter_id"] = json!(self.id);
        // Progress is worth nothing a second later, so it has a topic without history.
        let topic = if kind == "transcription.progress" { "transcription.progress" } else { "transcription" };
        Draft::new(TENANT, topic, kind, payload).correlation(&self.id)
    }
}

fn health(component: &str, load: f64) -> Vec<Draft> {
    let state = if load > 0.9 { "degraded" } else { "healthy" };
    let payload = json!({
        "component": component,
        "status": state,
        "cpu_percent": rounded(100.0 * load),
        "response_ms": rounded(5.0 + 60.0 * load * load),
    });
    let mut drafts = vec![Draft::new(TENANT, "system", "system.health", payload)];
    if state == "degraded" {
        let alert = json!({"component": component, "message": format!("{component} is close to its limit")});
        drafts.push(Draft::new(TENANT, "system", "system.alert", alert).priority("warning"));
    }
    drafts
}

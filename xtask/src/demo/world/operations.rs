//! A telecom network operations centre: forty sites, their KPIs, and what goes wrong there.

use fastrand::Rng;
use serde_json::json;

use super::{Draft, pick, rounded};

const TENANT: &str = "towerco";
const SITES: usize = 40;
const REGIONS: [&str; 4] = ["north", "east", "south", "west"];
const KPIS_A_TICK: usize = 2;
/// An incident every ten seconds or so.
const INCIDENT_CHANCE: f64 = 1.0 / 40.0;
const MOST_OPEN: usize = 6;
const ESCALATE_AFTER: u64 = 32;
const NOTIFY_EVERY: u64 = 160;
const ESCALATED_TO: [&str; 3] = ["shift lead", "duty manager", "head of operations"];

/// What can go wrong: title, description, severity, and what becomes of the site.
const TROUBLES: [(&str, &str, &str, &str); 6] = [
    ("Power loss", "Mains failed; the site runs on batteries.", "critical", "degraded"),
    ("Backhaul link down", "No path to the aggregation router.", "critical", "down"),
    ("High temperature in shelter", "Cooling cannot hold the set point.", "high", "degraded"),
    ("VSWR alarm on sector 2", "Reflected power is above the limit.", "medium", "degraded"),
    ("Generator failed to start", "Third attempt without oil pressure.", "high", "degraded"),
    ("Shelter door open", "No visit is planned for today.", "low", "operational"),
];

const NOTICES: [(&str, &str, &str); 3] = [
    ("Planned maintenance", "Core router upgrade tonight from 01:00 to 03:00.", "info"),
    ("Weather warning", "Storm expected in the east region this evening.", "warning"),
    ("Report delayed", "The hourly KPI report is ten minutes late.", "error"),
];

pub(super) struct Operations {
    now: u64,
    sites: Vec<Site>,
    open: Vec<Incident>,
    opened: u64,
}

struct Site {
    id: String,
    region: &'static str,
    load: f64,
    temperature: f64,
}

struct Incident {
    id: String,
    site: String,
    title: &'static str,
    level: usize,
    escalates_at: u64,
    ends_at: u64,
}

impl Operations {
    pub(super) fn new(random: &mut Rng) -> Self {
        let site = |number: usize| Site {
            id: format!("TWR-{number:03}"),
            region: REGIONS[number % REGIONS.len()],
            load: 0.2 + 0.5 * random.f64(),
            temperature: 20.0 + 10.0 * random.f64(),
        };
        Self { now: 0, sites: (1..=SITES).map(site).collect(), open: Vec::new(), opened: 0 }
    }

    pub(super) fn values(&self) -> Vec<Draft> {
        self.sites.iter().map(Site::kpis).collect()
    }

    pub(super) fn tick(&mut self, random: &mut Rng) -> Vec<Draft> {
        let mut drafts = Vec::new();
        if self.now == 0 {
            drafts.extend(self.values());
        }
        self.now += 1;
        for _ in 0..KPIS_A_TICK {
            let site = random.usize(..self.sites.len());
            self.sites[site].drift(random);
            drafts.push(self.sites[site].kpis());
        }
        if self.open.len() < MOST_OPEN && random.f64() < INCIDENT_CHANCE {
            drafts.extend(self.open_incident(random));
        }
        drafts.extend(self.follow_incidents());
        if self.now.is_multiple_of(NOTIFY_EVERY) {
            let (title, message, priority) = pick(random, &NOTICES);
            let payload = json!({"title": title, "message": message});
            drafts.push(
                Draft::new(TENANT, "system_notifications", "system_notification", payload).priority(priority),
            );
        }
        drafts
    }

    fn open_incident(&mut self, random: &mut Rng) -> Vec<Draft> {
        let site = &self.sites[random.usize(..self.sites.len())];
        if self.open.iter().any(|incident| incident.site == site.id) {
            return Vec::new();
        }
        let (title, description, severity, becomes) = pick(random, &TROUBLES);
        self.opened += 1;
        let incident = Incident {
            id: format!("INC-{:04}", self.opened),
            site: site.id.clone(),
            title,
            level: 0,
            escalates_at: self.now + ESCALATE_AFTER,
            ends_at: self.now + 40 + random.u64(..160),
        };
        let payload = json!({"incident": {
            "id": incident.id,
            "title": title,
            "description": description,
            "severity": severity,
            "site_id": site.id,
            "region": site.region,
            "status": "open",
        }});
        let alert = Draft::new(TENANT, "incidents", "incident_alert", payload)
            .priority(severity)
            .correlation(&incident.id)
            .asking_acknowledgment();
        let changed = status(&site.id, site.region, becomes);
        self.open.push(incident);
        vec![alert, changed]
    }

    fn follow_incidents(&mut self) -> Vec<Draft> {
        let mut drafts = Vec::new();
        let now = self.now;
        for incident in &mut self.open {
            if incident.escalates_at == now && incident.level < ESCALATED_TO.len() {
                drafts.push(incident.escalate());
            }
        }
        let sites = &self.sites;
        self.open.retain(|incident| {
            let ends = incident.ends_at <= now;
            if ends {
                drafts.push(incident.resolve());
                let region =
                    sites.iter().find(|site| site.id == incident.site).map_or("", |site| site.region);
                drafts.push(status(&incident.site, region, "operational"));
            }
            !ends
        });
        drafts
    }
}

impl Site {
    fn drift(&mut self, random: &mut Rng) {
        self.load = (self.load + 0.1 * (random.f64() - 0.5)).clamp(0.05, 0.99);
        self.temperature = (self.temperature + random.f64() - 0.5).clamp(15.0, 45.0);
    }

    fn kpis(&self) -> Draft {
        let breach = self.load > 0.9 || self.temperature > 40.0;
        let payload = json!({"site_id": self.id, "kpi_data": {
            "availability_percent": rounded(100.0 - 2.0 * self.load.powi(4)),
            "throughput_mbps": rounded(900.0 * self.load),
            "latency_ms": rounded(8.0 + 40.0 * self.load * self.load),
            "active_users": (1_200.0 * self.load) as u64,
            "shelter_temperature_c": rounded(self.temperature),
            "threshold_breach": breach,
        }});
        Draft::new(TENANT, "kpis", "kpi_update", payload).key(&self.id)
    }
}

impl Incident {
    fn escalate(&mut self) -> Draft {
        let to = ESCALATED_TO[self.level];
        self.level += 1;
        self.escalates_at += ESCALATE_AFTER;
        let payload = json!({
            "incident": {"id": self.id, "title": self.title, "site_id": self.site, "status": "open"},
            "level": self.level,
            "escalated_to": to,
        });
        Draft::new(TENANT, "incidents", "incident_escalated", payload)
            .priority("critical")
            .correlation(&self.id)
            .asking_acknowledgment()
    }

    fn resolve(&self) -> Draft {
        let incident =
            json!({"id": self.id, "title": self.title, "site_id": self.site, "status": "resolved"});
        Draft::new(TENANT, "incidents", "incident_resolved", json!({"incident": incident}))
            .priority("info")
            .correlation(&self.id)
    }
}

fn status(site: &str, region: &str, status: &str) -> Draft {
    let payload = json!({"site_id": site, "region": region, "status": status});
    Draft::new(TENANT, "sites", "site_status", payload)
}

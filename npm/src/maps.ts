/** What the two systems publish that this client was first made for: event types and payloads, as maps for `createClient`. */

/** Payloads hold more than is named here: what a system adds is `unknown` until it is narrowed. */
interface More {
  readonly [member: string]: unknown;
}

/** A threat to the hospital's network. */
export interface Threat extends More {
  readonly threat_id: string;
  readonly threat_type: string;
  readonly severity?: string;
  readonly description?: string;
  readonly status?: string;
}

/** A patient's encounter. */
export interface Encounter extends More {
  readonly encounter_id: string;
  readonly status: string;
  readonly department?: string;
}

/** A piece of dictated text. */
export interface TranscriptionChunk extends More {
  readonly encounter_id: string;
  readonly sequence: number;
  readonly text: string;
}

/** The hospital's security platform: threats, encounters, transcription, health. */
export interface PhoenixGuardianEvents {
  'threat.detected': Threat;
  'threat.updated': Threat;
  'threat.resolved': Threat;
  'encounter.started': Encounter;
  'encounter.updated': Encounter;
  'encounter.completed': Encounter;
  'transcription.progress': { readonly encounter_id: string; readonly percent: number } & More;
  'transcription.chunk': TranscriptionChunk;
  'transcription.complete': { readonly encounter_id: string; readonly text: string } & More;
  'system.health': { readonly component: string; readonly status: string } & More;
  'system.alert': { readonly component?: string; readonly message?: string } & More;
}

/** An incident at a site. */
export interface Incident extends More {
  readonly id: string;
  readonly title: string;
  readonly description?: string;
  readonly severity?: string;
  readonly site_id?: string;
  readonly status?: string;
}

/** A site's measurements. */
export interface KpiData extends More {
  readonly threshold_breach?: boolean;
}

/** The telecom operations centre: incidents, measurements, sites, notices, people's actions. */
export interface TowercoEvents {
  incident_alert: { readonly incident: Incident } & More;
  incident_escalated: { readonly incident: Incident; readonly level: number } & More;
  incident_resolved: { readonly incident: Incident } & More;
  kpi_update: { readonly site_id: string; readonly kpi_data: KpiData } & More;
  site_status: { readonly site_id: string; readonly status: string } & More;
  system_notification: { readonly title: string; readonly message: string } & More;
  user_action: { readonly action?: string } & More;
  incident_action: { readonly action: string; readonly incident_id: string } & More;
}

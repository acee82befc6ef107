use super::programs::{Programs, Tenant};
use crate::failure::Failure;

/// Says what there is to try.
///
/// # Errors
/// - No tokens can be made.
pub(super) fn print(url: &str, page: bool, programs: &Programs, server: u32) -> Result<(), Failure> {
    let operations = programs.token(Tenant::Operations, "ana", Programs::LONG)?;
    let hospital = programs.token(Tenant::Hospital, "kim", Programs::LONG)?;
    if page {
        println!(
            "\nOpen {url}/ and break it: an operations centre and a hospital, live, with all that can go wrong."
        );
    }
    println!(
        r#"
The server is behind {url}, its process is {server}. A feed publishes for two tenants, and colleagues come, go and acknowledge:
  towerco: incidents, sites, system_notifications, kpis (the last values of each of 40 sites), presence:incidents
  phoenix: threats, encounters, transcription, transcription.progress, system, presence:threats
A tail below shows towerco's incidents and sites. In another terminal:

  TOWERCO={operations}
  PHOENIX={hospital}

Publish an alert, and see it in the tail:
  curl -H 'X-API-Key: dev' --json '{{"tenant_id":"towerco","topic":"incidents","type":"incident_alert","priority":"critical","requires_acknowledgment":true,"payload":{{"incident":{{"title":"Power loss"}}}}}}' {url}/api/v1/publish

Watch the KPIs, or the hospital; by polling instead of a WebSocket:
  cargo run -q -p steadfast --example tail -- --url {url} --token "$TOWERCO" kpis
  cargo run -q -p steadfast --example tail -- --url {url} --token "$PHOENIX" --transport polling threats encounters

Kill the server without warning. It is started again; the tail reconnects, names what is lost, and goes on:
  curl -X POST {url}/demo/kill

Ctrl-C ends all.
"#
    );
    Ok(())
}

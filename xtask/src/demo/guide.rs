use super::programs::Tokens;

/// Says what there is to try.
pub(super) fn print(url: &str, tokens: &Tokens, server: u32) {
    println!(
        r#"
The server is at {url}, its process is {server}. A feed publishes for two tenants:
  towerco: incidents, sites, system_notifications, and kpis (the last values of each of 40 sites)
  phoenix: threats, encounters, transcription, transcription.progress, system
A tail below shows towerco's incidents and sites. In another terminal:

  TOWERCO={}
  PHOENIX={}

Publish an alert, and see it in the tail:
  curl -H 'X-API-Key: dev' --json '{{"tenant_id":"towerco","topic":"incidents","type":"incident_alert","priority":"critical","requires_acknowledgment":true,"payload":{{"incident":{{"title":"Power loss"}}}}}}' {url}/api/v1/publish

Watch the KPIs, or the hospital; by polling instead of a WebSocket:
  cargo run -q -p steadfast --example tail -- --url {url} --token "$TOWERCO" kpis
  cargo run -q -p steadfast --example tail -- --url {url} --token "$PHOENIX" --transport polling threats encounters

Kill the server without warning. It is started again; the tail reconnects, names what is lost, and goes on:
  kill -9 {server}

Ctrl-C ends all.
"#,
        tokens.operations, tokens.hospital
    );
}

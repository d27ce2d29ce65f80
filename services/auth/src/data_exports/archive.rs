//! What stands in an archive.

use jiff::Timestamp;
use kernel::UserId;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{DataExport, ExportError, model::SOURCES, store};
use crate::{
    App,
    api_keys::{self, KeyOwner},
    audit, invitations, passkeys, sessions, users,
};

/// So many pages of a hundred are read of a source: far beyond what a person has, and what an archive may take of memory.
const MAX_PAGES: usize = 200;

/// Asks every source for what it keeps, and notes each part as it arrives.
pub async fn collect(app: &App, export: &DataExport, now: Timestamp) -> Result<Value, ExportError> {
    let mut archive = Map::new();
    archive.insert("generated_at".to_owned(), json!(now));
    archive.insert("account".to_owned(), account(app, export.user_id, now).await?);
    note(app, export).await?;
    for service in SOURCES {
        let part = ask(app, service, export.user_id).await?;
        archive.insert(service.to_owned(), Value::Array(part));
        note(app, export).await?;
    }
    Ok(Value::Object(archive))
}

async fn note(app: &App, export: &DataExport) -> Result<(), ExportError> {
    Ok(store::note_part(&mut *app.db.conn().await?, export.id).await?)
}

/// What auth itself keeps. Hashes are not told: they are of no use to anybody but an attacker.
async fn account(app: &App, user_id: UserId, now: Timestamp) -> Result<Value, ExportError> {
    let mut conn = app.db.conn().await?;
    let profile = users::store::find_profile(&mut conn, user_id).await?.ok_or(ExportError::NotFound)?;
    let email = profile.user.email.clone();
    let sessions = sessions::store::list_open(&mut conn, user_id, (None, i64::from(u16::MAX)), now).await?;
    let keys = api_keys::store::list(&mut conn, KeyOwner::User(user_id), (None, i64::from(u16::MAX))).await?;
    let invitations = invitations::store::list_of_address(&mut conn, &email).await?;
    let passkeys = passkeys::store::list(&mut conn, user_id, (None, i64::from(u16::MAX))).await?;
    let about = audit::Filter { subject: Some(user_id), ..audit::Filter::default() };
    let events = audit::list(&mut conn, &about, (None, i64::from(u16::MAX))).await?;
    Ok(json!({
        "profile": users::http::UserResponse::from(profile),
        "sessions": sessions.iter().map(|session| json!({
            "id": session.id, "user_agent": session.user_agent, "address": session.address,
            "created_at": session.created_at, "last_used_at": session.last_used_at,
        })).collect::<Vec<_>>(),
        "api_keys": keys.iter().map(|key| json!({
            "id": key.id, "name": key.name, "prefix": key.prefix, "scopes": key.scopes,
            "created_at": key.created_at, "last_used_at": key.last_used_at,
        })).collect::<Vec<_>>(),
        "passkeys": passkeys.iter().map(|passkey| json!({
            "id": passkey.id, "name": passkey.name,
            "created_at": passkey.created_at, "last_used_at": passkey.last_used_at,
        })).collect::<Vec<_>>(),
        "security_events": events.iter().map(|event| json!({
            "id": event.id, "occurred_at": event.occurred_at, "kind": event.kind, "outcome": event.outcome,
            "address": event.address, "user_agent": event.user_agent,
        })).collect::<Vec<_>>(),
        "invitations": invitations.iter().map(|invitation| json!({
            "id": invitation.id, "company_id": invitation.company_id, "role": invitation.role,
            "state": invitation.state_at(now), "created_at": invitation.created_at,
        })).collect::<Vec<_>>(),
    }))
}

/// One page of `GET /internal/users/{user_id}/personal-data`, which every source answers.
#[derive(Deserialize)]
struct SourcePage {
    data: Vec<Value>,
    next_cursor: Option<String>,
}

async fn ask(app: &App, service: &'static str, user_id: UserId) -> Result<Vec<Value>, ExportError> {
    let base = format!("/internal/users/{user_id}/personal-data?limit=100");
    let mut path = base.clone();
    let mut all = Vec::new();
    for _ in 0..MAX_PAGES {
        let page: Option<SourcePage> = app.peers.get(service, &path).await?;
        let page = page.ok_or(ExportError::NoAnswer(service))?;
        all.extend(page.data);
        match page.next_cursor {
            Some(cursor) => path = format!("{base}&cursor={cursor}"),
            None => return Ok(all),
        }
    }
    Err(ExportError::NoAnswer(service))
}

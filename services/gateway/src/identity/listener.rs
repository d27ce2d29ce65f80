//! Hears what changes identities: every gateway process has a queue of its own, and forgets.

use std::sync::Arc;

use contracts::{
    Event,
    auth::v1::{ApiKeyRevoked, EmailChanged, MembershipChanged, SessionRevoked, UserErased, UserUpdated, UserVerified},
};
use events::{Bus, Envelope, ListenEvent};
use tokio_util::task::AbortOnDropHandle;

use super::{Identities, Owner};

/// Listens until the handle is dropped.
pub fn start(bus: &dyn Bus, identities: Arc<Identities>) -> AbortOnDropHandle<()> {
    let mut heard = bus.listen(vec![
        SessionRevoked::event_type(),
        ApiKeyRevoked::event_type(),
        MembershipChanged::event_type(),
        UserVerified::event_type(),
        UserUpdated::event_type(),
        EmailChanged::event_type(),
        UserErased::event_type(),
    ]);
    AbortOnDropHandle::new(tokio::spawn(async move {
        while let Some(event) = heard.recv().await {
            match event {
                ListenEvent::Connected => identities.connected(),
                ListenEvent::Disconnected => identities.disconnected(),
                ListenEvent::Event(envelope) => apply(&identities, &envelope),
            }
        }
        identities.disconnected();
    }))
}

fn apply(identities: &Identities, envelope: &Envelope) {
    let event_type = &envelope.event_type;
    let understood = if *event_type == SessionRevoked::event_type() {
        session_revoked(identities, envelope)
    } else if *event_type == ApiKeyRevoked::event_type() {
        decode::<ApiKeyRevoked>(envelope).map(|event| identities.forget_api_key(&event.key_id))
    } else if *event_type == UserErased::event_type() {
        decode::<UserErased>(envelope).and_then(|event| forget(identities, &event.user_id))
    } else if *event_type == MembershipChanged::event_type() {
        decode::<MembershipChanged>(envelope).and_then(|event| forget(identities, &event.user_id))
    } else if *event_type == UserUpdated::event_type() {
        decode::<UserUpdated>(envelope).and_then(|event| forget(identities, &event.user_id))
    } else if *event_type == EmailChanged::event_type() {
        decode::<EmailChanged>(envelope).and_then(|event| forget(identities, &event.user_id))
    } else {
        decode::<UserVerified>(envelope).and_then(|event| forget(identities, &event.user_id))
    };
    if understood.is_none() {
        // Better to ask auth for everybody than to serve one who may have lost a right.
        tracing::error!(event_type, "an event could not be read; all identities are asked for anew");
        identities.connected();
    }
}

fn session_revoked(identities: &Identities, envelope: &Envelope) -> Option<()> {
    let event: SessionRevoked = decode(envelope)?;
    identities.end_session(event.session_id.parse().ok()?, event.user_id.parse().ok()?);
    Some(())
}

fn forget(identities: &Identities, user_id: &str) -> Option<()> {
    identities.forget(Owner::User(user_id.parse().ok()?));
    Some(())
}

fn decode<E: Event>(envelope: &Envelope) -> Option<E> {
    E::decode(envelope.payload.clone()).ok()
}

//! What auth last said of each session.
//!
//! Always holds: nothing is kept that was asked before the session was last dropped. Asking and dropping meet under
//! one lock; an answer is kept only while the question that brought it is still the session's current one.

use std::{
    collections::HashMap,
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use dashmap::DashMap;
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use jiff::Timestamp;
use kernel::{SessionId, UserId};
use problem::Problem;

/// Sessions remembered at once.
const CAPACITY: usize = 50_000;

/// How long an answer counts while auth's events do not reach us.
const UNHEARD: Duration = Duration::from_secs(1);

/// Whether a session may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The `Authorization` that services accept.
    Granted(http::HeaderValue),
    Revoked,
}

/// What auth answered, and how long it counts.
#[derive(Debug, Clone)]
pub struct Fetched {
    pub standing: Standing,
    pub until: Timestamp,
}

/// Auth could not be asked.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0:#}")]
pub struct FetchFailed(Arc<anyhow::Error>);

impl FetchFailed {
    pub fn new(error: anyhow::Error) -> Self {
        Self(Arc::new(error))
    }
}

impl From<FetchFailed> for Problem {
    fn from(error: FetchFailed) -> Self {
        Self::unavailable(error)
    }
}

struct Entry {
    user_id: UserId,
    standing: Standing,
    until: Timestamp,
    asked_at: Instant,
}

/// One question to auth, which everybody waits for who asks for the same session meanwhile.
struct Flight {
    id: u64,
    user_id: UserId,
    outcome: Shared<BoxFuture<'static, Result<Standing, FetchFailed>>>,
}

#[derive(Default)]
struct Flights {
    last_id: u64,
    by_session: HashMap<SessionId, Flight>,
}

#[derive(Default)]
pub struct Sessions {
    entries: DashMap<SessionId, Entry>,
    flights: Mutex<Flights>,
    hears_events: AtomicBool,
}

impl Sessions {
    /// What is known and still counts.
    pub fn get(&self, session_id: SessionId, now: Timestamp) -> Option<Standing> {
        let entry = self.entries.get(&session_id)?;
        let current =
            entry.until > now && (self.hears_events.load(Ordering::Acquire) || entry.asked_at.elapsed() < UNHEARD);
        current.then(|| entry.standing.clone())
    }

    /// Asks once, however many want to know. The question survives the request that raised it.
    pub async fn fetch(
        self: &Arc<Self>,
        session_id: SessionId,
        user_id: UserId,
        question: impl Future<Output = Result<Fetched, FetchFailed>> + Send + 'static,
    ) -> Result<Standing, FetchFailed> {
        let outcome = {
            let mut flights = self.flights();
            match flights.by_session.get(&session_id) {
                Some(flight) => flight.outcome.clone(),
                None => self.take_off(&mut flights, session_id, user_id, question),
            }
        };
        outcome.await
    }

    fn take_off(
        self: &Arc<Self>,
        flights: &mut Flights,
        session_id: SessionId,
        user_id: UserId,
        question: impl Future<Output = Result<Fetched, FetchFailed>> + Send + 'static,
    ) -> Shared<BoxFuture<'static, Result<Standing, FetchFailed>>> {
        flights.last_id += 1;
        let id = flights.last_id;
        let (sessions, asked_at) = (self.clone(), Instant::now());
        let asking = tokio::spawn(async move {
            let answer = question.await;
            sessions.land(session_id, id, asked_at, answer.as_ref().ok());
            answer.map(|fetched| fetched.standing)
        });
        let outcome = asking.map(|ended| ended.unwrap_or_else(|crash| Err(FetchFailed::new(crash.into()))));
        let outcome = outcome.boxed().shared();
        flights.by_session.insert(session_id, Flight { id, user_id, outcome: outcome.clone() });
        outcome
    }

    /// Keeps the answer, unless the session was dropped since the question.
    fn land(&self, session_id: SessionId, id: u64, asked_at: Instant, answer: Option<&Fetched>) {
        let mut flights = self.flights();
        if flights.by_session.get(&session_id).is_none_or(|flight| flight.id != id) {
            return;
        }
        let Some(flight) = flights.by_session.remove(&session_id) else { return };
        if let Some(Fetched { standing, until }) = answer.cloned() {
            self.keep(session_id, Entry { user_id: flight.user_id, standing, until, asked_at });
        }
    }

    fn keep(&self, session_id: SessionId, entry: Entry) {
        if self.entries.len() >= CAPACITY {
            self.entries.clear();
        }
        self.entries.insert(session_id, entry);
    }

    /// Asks anew for all sessions of a user.
    pub fn drop_user(&self, user_id: UserId) {
        let mut flights = self.flights();
        flights.by_session.retain(|_, flight| flight.user_id != user_id);
        self.entries.retain(|_, entry| entry.user_id != user_id);
    }

    /// The session is over.
    pub fn end(&self, session_id: SessionId, user_id: UserId, until: Timestamp) {
        let mut flights = self.flights();
        flights.by_session.remove(&session_id);
        self.keep(session_id, Entry { user_id, standing: Standing::Revoked, until, asked_at: Instant::now() });
    }

    /// Events arrive from here on; what was missed before is unknown.
    pub fn connected(&self) {
        let mut flights = self.flights();
        flights.by_session.clear();
        self.entries.clear();
        self.hears_events.store(true, Ordering::Release);
    }

    pub fn disconnected(&self) {
        self.hears_events.store(false, Ordering::Release);
    }

    fn flights(&self) -> MutexGuard<'_, Flights> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;

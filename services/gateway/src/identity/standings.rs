//! What auth last said of each credential: a session, or an API key.
//!
//! Always holds: nothing is kept that was asked before the credential was last dropped. Asking and dropping meet under
//! one lock; an answer is kept only while the question that brought it is still the session's current one.

use std::{
    collections::HashMap,
    future::Future,
    hash::Hash,
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
use problem::Problem;

use super::Identity;

/// Authentication remembered at once.
const CAPACITY: usize = 50_000;

/// How long an answer counts while auth's events do not reach us.
const UNHEARD: Duration = Duration::from_secs(1);

/// How long it counts while they do: a broker may be out of reach for some seconds before we know, and an event that is
/// lost is lost.
const HEARD: Duration = Duration::from_secs(60);

/// Whether a credential may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Granted(Identity),
    Refused,
}

impl Standing {
    /// Whose it is; of a refused one, 401 with the code and its explanation.
    pub fn identity(self, code: &'static str, detail: &'static str) -> Result<Identity, Problem> {
        match self {
            Self::Granted(identity) => Ok(identity),
            Self::Refused => Err(Problem::unauthorized(code, detail)),
        }
    }
}

/// What auth answered, of whose credential, and how long it counts.
#[derive(Debug, Clone)]
pub struct Fetched<O> {
    pub standing: Standing,
    /// `None` for a credential that is nobody's, and will never be anybody's.
    pub owner: Option<O>,
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

struct Entry<O> {
    owner: Option<O>,
    standing: Standing,
    until: Timestamp,
    asked_at: Instant,
}

type Outcome = Shared<BoxFuture<'static, Result<Standing, FetchFailed>>>;

/// One question to auth, which everybody waits for who asks for the same credential meanwhile.
struct Flight<O> {
    id: u64,
    /// `None` while only the answer will tell.
    owner: Option<O>,
    outcome: Outcome,
}

struct Flights<C, O> {
    last_id: u64,
    by_credential: HashMap<C, Flight<O>>,
}

/// By credential `C`; whatever changes the rights of an owner `O` drops all of theirs.
pub struct Standings<C, O> {
    entries: DashMap<C, Entry<O>>,
    flights: Mutex<Flights<C, O>>,
    hears_events: AtomicBool,
}

impl<C: Eq + Hash, O> Default for Standings<C, O> {
    fn default() -> Self {
        let flights = Mutex::new(Flights { last_id: 0, by_credential: HashMap::new() });
        Self { entries: DashMap::new(), flights, hears_events: AtomicBool::new(false) }
    }
}

impl<C, O> Standings<C, O>
where
    C: Eq + Hash + Copy + Send + Sync + 'static,
    O: Clone + Send + Sync + 'static,
{
    /// What is known and still counts.
    pub fn get(&self, credential: C, now: Timestamp) -> Option<Standing> {
        let entry = self.entries.get(&credential)?;
        let counts_for = if self.hears_events.load(Ordering::Acquire) { HEARD } else { UNHEARD };
        let current = entry.until > now && entry.asked_at.elapsed() < counts_for;
        current.then(|| entry.standing.clone())
    }

    /// True when the last answer, however old, was that it may be used.
    pub fn has_been_good(&self, credential: C) -> bool {
        self.entries.get(&credential).is_some_and(|entry| entry.standing != Standing::Refused)
    }

    /// Asks once, however many want to know. The question survives the request that raised it.
    pub async fn fetch(
        self: &Arc<Self>,
        credential: C,
        owner: Option<O>,
        now: Timestamp,
        question: impl Future<Output = Result<Fetched<O>, FetchFailed>> + Send + 'static,
    ) -> Result<Standing, FetchFailed> {
        let outcome = {
            let mut flights = self.flights();
            // An answer may have come since the caller looked; it is kept before its flight is over.
            if let Some(standing) = self.get(credential, now) {
                return Ok(standing);
            }
            match flights.by_credential.get(&credential) {
                Some(flight) => flight.outcome.clone(),
                None => self.take_off(&mut flights, credential, owner, question),
            }
        };
        outcome.await
    }

    fn take_off(
        self: &Arc<Self>,
        flights: &mut Flights<C, O>,
        credential: C,
        owner: Option<O>,
        question: impl Future<Output = Result<Fetched<O>, FetchFailed>> + Send + 'static,
    ) -> Outcome {
        flights.last_id += 1;
        let id = flights.last_id;
        let (standings, asked_at) = (self.clone(), Instant::now());
        let asking = tokio::spawn(async move {
            let answer = question.await;
            standings.land(credential, id, asked_at, answer.as_ref().ok());
            answer.map(|fetched| fetched.standing)
        });
        let outcome = asking.map(|ended| ended.unwrap_or_else(|crash| Err(FetchFailed::new(crash.into()))));
        let outcome = outcome.boxed().shared();
        flights.by_credential.insert(credential, Flight { id, owner, outcome: outcome.clone() });
        outcome
    }

    /// Keeps the answer, unless the credential was dropped since the question.
    fn land(&self, credential: C, id: u64, asked_at: Instant, answer: Option<&Fetched<O>>) {
        let mut flights = self.flights();
        if flights.by_credential.get(&credential).is_none_or(|flight| flight.id != id) {
            return;
        }
        flights.by_credential.remove(&credential);
        if let Some(Fetched { standing, owner, until }) = answer.cloned() {
            self.keep(credential, Entry { owner, standing, until, asked_at });
        }
    }

    fn keep(&self, credential: C, entry: Entry<O>) {
        if self.entries.len() >= CAPACITY {
            // Whoever guesses fills this with refusals; they make room for each other and for what is good.
            self.entries.retain(|_, entry| entry.standing != Standing::Refused);
        }
        if self.entries.len() >= CAPACITY {
            if entry.standing == Standing::Refused {
                return;
            }
            self.entries.clear();
        }
        self.entries.insert(credential, entry);
    }

    /// Asks anew for all credentials of these owners, and for those whose owner only the answer will tell.
    pub fn drop_where(&self, is_theirs: impl Fn(&O) -> bool) {
        let mut flights = self.flights();
        flights.by_credential.retain(|_, flight| flight.owner.as_ref().is_some_and(|owner| !is_theirs(owner)));
        self.entries.retain(|_, entry| entry.owner.as_ref().is_none_or(|owner| !is_theirs(owner)));
    }

    /// Asks anew for every credential.
    fn drop_all(&self) {
        let mut flights = self.flights();
        flights.by_credential.clear();
        self.entries.clear();
    }

    /// The credential is over.
    pub fn end(&self, credential: C, owner: O, until: Timestamp) {
        let mut flights = self.flights();
        flights.by_credential.remove(&credential);
        let asked_at = Instant::now();
        self.keep(credential, Entry { owner: Some(owner), standing: Standing::Refused, until, asked_at });
    }

    /// Events arrive from here on; what was missed before is unknown.
    pub fn connected(&self) {
        self.drop_all();
        self.hears_events.store(true, Ordering::Release);
    }

    pub fn disconnected(&self) {
        self.hears_events.store(false, Ordering::Release);
    }

    fn flights(&self) -> MutexGuard<'_, Flights<C, O>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;

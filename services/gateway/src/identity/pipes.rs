//! Open WebSockets and whose they are: each ends when its session or key does, and when what its owner may do has
//! changed, since the service has looked at that only once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::CancellationToken;

use super::{Credential, Identity, Owner};

/// The pipes of this process.
#[derive(Default)]
pub struct Pipes(Mutex<Open>);

#[derive(Default)]
struct Open {
    last_id: u64,
    by_id: HashMap<u64, Pipe>,
}

struct Pipe {
    /// Who shares its limit.
    holder: Arc<str>,
    /// Whose it is; `None` for nobody's.
    of: Option<(Credential, Owner)>,
    over: CancellationToken,
}

/// One open pipe; off the list when it is dropped.
pub struct OpenPipe {
    pipes: Arc<Pipes>,
    id: u64,
    over: CancellationToken,
}

impl Pipes {
    /// Puts a pipe on the list; `None` for a holder who has `most` already.
    pub fn open(self: &Arc<Self>, holder: Arc<str>, identity: Option<&Identity>, most: usize) -> Option<OpenPipe> {
        let mut open = self.lock();
        if open.by_id.values().filter(|pipe| pipe.holder == holder).count() >= most {
            return None;
        }
        open.last_id += 1;
        let (id, over) = (open.last_id, CancellationToken::new());
        let of = identity.map(|identity| (identity.credential.clone(), identity.owner));
        open.by_id.insert(id, Pipe { holder, of, over: over.clone() });
        Some(OpenPipe { pipes: self.clone(), id, over })
    }

    /// Ends what was opened with this credential.
    pub fn end(&self, credential: &Credential) {
        self.end_where(|(of, _)| of == credential);
    }

    /// Ends what is this owner's.
    pub fn end_all_of(&self, owner: Owner) {
        self.end_where(|(_, of)| *of == owner);
    }

    /// Ends everything that somebody has to be somebody for.
    pub fn end_all(&self) {
        self.end_where(|_| true);
    }

    fn end_where(&self, is_over: impl Fn(&(Credential, Owner)) -> bool) {
        for pipe in self.lock().by_id.values().filter(|pipe| pipe.of.as_ref().is_some_and(&is_over)) {
            pipe.over.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenPipe {
    /// Returns when the pipe has to end.
    pub async fn over(&self) {
        self.over.cancelled().await;
    }
}

impl Drop for OpenPipe {
    fn drop(&mut self) {
        self.pipes.lock().by_id.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use kernel::{SessionId, UserId};

    use super::*;

    fn identity(user: UserId) -> Identity {
        Identity {
            credential: Credential::Session(SessionId::new()),
            owner: Owner::User(user),
            authorization: http::HeaderValue::from_static("Bearer x"),
            limited_as: user.to_string().into(),
        }
    }

    fn open(pipes: &Arc<Pipes>, identity: &Identity) -> OpenPipe {
        pipes.open(identity.limited_as.clone(), Some(identity), 20).unwrap()
    }

    #[test]
    fn a_pipe_ends_with_its_session_and_with_its_owners_rights_and_no_other_does() {
        let (ada, bob) = (UserId::new(), UserId::new());
        let (laptop, phone, other) = (identity(ada), identity(ada), identity(bob));
        let pipes = Arc::new(Pipes::default());
        let [a, b, c] = [&laptop, &phone, &other].map(|identity| open(&pipes, identity));
        let nobodys = pipes.open("192.0.2.7".into(), None, 20).unwrap();
        let over = || [&a, &b, &c, &nobodys].map(|pipe| pipe.over.is_cancelled());
        pipes.end(&laptop.credential);
        assert_eq!(over(), [true, false, false, false]);
        pipes.end_all_of(Owner::User(ada));
        assert_eq!(over(), [true, true, false, false]);
        pipes.end_all();
        assert_eq!(over(), [true, true, true, false]);
    }

    #[test]
    fn a_caller_holds_only_so_many_pipes_and_may_open_another_when_one_is_closed() {
        let (pipes, ada) = (Arc::new(Pipes::default()), identity(UserId::new()));
        let mut held: Vec<OpenPipe> = (0..20).map(|_| open(&pipes, &ada)).collect();
        assert!(pipes.open(ada.limited_as.clone(), Some(&ada), 20).is_none());
        open(&pipes, &identity(UserId::new()));
        held.pop();
        open(&pipes, &ada);
    }
}

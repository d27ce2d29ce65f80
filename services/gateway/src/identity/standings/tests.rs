use std::sync::atomic::AtomicUsize;

use kernel::{SessionId, UserId};
use tokio::sync::oneshot;

use super::*;
use crate::identity::{Credential, Owner};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

type Sessions = Standings<SessionId, UserId>;

/// Two of one name are alike.
fn granted(name: &str) -> Standing {
    Standing::Granted(Identity {
        credential: Credential::ApiKey(name.into()),
        owner: Owner::Company("com_01h455vb4pex5vsknk084sn02q".parse().unwrap()),
        authorization: name.parse().unwrap(),
        limited_as: name.into(),
    })
}

fn fetched(name: &str, owner: UserId) -> Result<Fetched<UserId>, FetchFailed> {
    Ok(Fetched { standing: granted(name), owner: Some(owner), until: NOW + Duration::from_secs(60) })
}

fn sessions() -> (Arc<Sessions>, SessionId, UserId) {
    let sessions = Arc::new(Sessions::default());
    sessions.connected();
    (sessions, SessionId::new(), UserId::new())
}

#[tokio::test]
async fn many_requests_of_one_session_ask_once() {
    let (sessions, session, user) = sessions();
    let asked = Arc::new(AtomicUsize::new(0));
    let ask = async |asked: Arc<AtomicUsize>| {
        let question = async move {
            asked.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            fetched("a", user)
        };
        sessions.fetch(session, Some(user), NOW, question).await.unwrap()
    };
    let all = futures_util::future::join_all((0..50).map(|_| ask(asked.clone()))).await;
    assert!(all.iter().all(|standing| *standing == granted("a")));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(sessions.get(session, NOW), Some(granted("a")));
}

/// Whoever found nothing may have been kept waiting until somebody else's answer was there.
#[tokio::test]
async fn an_answer_that_came_since_the_look_is_not_asked_for_again() {
    let (sessions, session, user) = sessions();
    assert_eq!(sessions.get(session, NOW), None);
    sessions.fetch(session, Some(user), NOW, async move { fetched("a", user) }).await.unwrap();
    let late = sessions.fetch(session, Some(user), NOW, async { panic!("asked twice") }).await.unwrap();
    assert_eq!(late, granted("a"));
    let expired = NOW + Duration::from_secs(60);
    let new = sessions.fetch(session, Some(user), expired, async move { fetched("b", user) }).await.unwrap();
    assert_eq!(new, granted("b"));
}

#[tokio::test]
async fn an_answer_asked_for_before_a_change_is_not_kept_and_nobody_joins_it() {
    type Drop = fn(&Sessions, SessionId, UserId);
    let drops: [Drop; 4] = [
        |sessions, _, user| sessions.drop_where(|of| *of == user),
        |sessions, _, _| sessions.connected(),
        |sessions, _, _| sessions.drop_all(),
        |sessions, session, user| sessions.end(session, user, NOW + Duration::from_secs(60)),
    ];
    for (index, drop) in drops.into_iter().enumerate() {
        let (sessions, session, user) = sessions();
        let (answer, question) = oneshot::channel();
        let asking = sessions.clone();
        let old =
            tokio::spawn(
                async move { asking.fetch(session, Some(user), NOW, async { question.await.unwrap() }).await },
            );
        while sessions.flights().by_credential.is_empty() {
            tokio::task::yield_now().await;
        }
        drop(&sessions, session, user);
        answer.send(fetched("old", user)).unwrap();
        assert_eq!(old.await.unwrap().unwrap(), granted("old"), "whoever asked before the change may be told");
        let kept = sessions.get(session, NOW);
        assert_ne!(kept, Some(granted("old")), "case {index}");
        if kept.is_none() {
            assert_eq!(
                sessions.fetch(session, Some(user), NOW, async move { fetched("new", user) }).await.unwrap(),
                granted("new")
            );
        }
    }
}

#[tokio::test]
async fn a_change_of_one_user_leaves_the_others_alone() {
    let (sessions, session, user) = sessions();
    let (other_session, other_user) = (SessionId::new(), UserId::new());
    sessions.fetch(session, Some(user), NOW, async move { fetched("a", user) }).await.unwrap();
    sessions.fetch(other_session, Some(other_user), NOW, async move { fetched("b", other_user) }).await.unwrap();
    sessions.drop_where(|of| *of == user);
    assert_eq!(sessions.get(session, NOW), None);
    assert_eq!(sessions.get(other_session, NOW), Some(granted("b")));
}

#[tokio::test]
async fn an_ended_session_stays_ended_without_asking() {
    let (sessions, session, user) = sessions();
    sessions.fetch(session, Some(user), NOW, async move { fetched("a", user) }).await.unwrap();
    sessions.end(session, user, NOW + Duration::from_secs(60));
    assert_eq!(sessions.get(session, NOW), Some(Standing::Refused));
}

#[tokio::test]
async fn answers_end_by_the_clock_and_while_no_events_are_heard() {
    let (sessions, session, user) = sessions();
    sessions.fetch(session, Some(user), NOW, async move { fetched("a", user) }).await.unwrap();
    assert_eq!(sessions.get(session, NOW + Duration::from_secs(60)), None);
    sessions.disconnected();
    assert_eq!(sessions.get(session, NOW), Some(granted("a")), "within the first second");
    age(&sessions, session, UNHEARD);
    assert_eq!(sessions.get(session, NOW), None);
}

fn age(sessions: &Sessions, session: SessionId, by: Duration) {
    let mut entry = sessions.entries.get_mut(&session).unwrap();
    entry.asked_at = entry.asked_at.checked_sub(by).unwrap();
}

/// A broker that is cut off looks connected for a while.
#[tokio::test]
async fn an_answer_counts_for_a_minute_at_most_whatever_is_heard() {
    let (sessions, session, user) = sessions();
    let question = async move { Ok(Fetched { until: NOW + Duration::from_secs(270), ..fetched("a", user)? }) };
    sessions.fetch(session, Some(user), NOW, question).await.unwrap();
    age(&sessions, session, HEARD - Duration::from_secs(20));
    assert_eq!(sessions.get(session, NOW), Some(granted("a")));
    age(&sessions, session, Duration::from_secs(20));
    assert_eq!(sessions.get(session, NOW), None);
    assert!(sessions.has_been_good(session), "it is no guess to ask for it again");
}

#[tokio::test]
async fn a_flood_of_guesses_does_not_push_out_what_is_good() {
    let (sessions, session, user) = sessions();
    let entry = |standing: Standing| Entry {
        owner: None,
        standing,
        until: NOW + Duration::from_secs(60),
        asked_at: Instant::now(),
    };
    sessions.fetch(session, Some(user), NOW, async move { fetched("a", user) }).await.unwrap();
    for _ in 0..2 * CAPACITY {
        sessions.keep(SessionId::new(), entry(Standing::Refused));
    }
    assert_eq!(sessions.get(session, NOW), Some(granted("a")));
    assert!(sessions.entries.len() <= CAPACITY);
    for _ in 0..2 * CAPACITY {
        sessions.keep(SessionId::new(), entry(granted("b")));
    }
    assert!(sessions.entries.len() <= CAPACITY, "memory is bounded whoever comes");
}

#[tokio::test]
async fn a_failure_is_told_to_everybody_and_not_kept() {
    let (sessions, session, user) = sessions();
    let failed =
        sessions.fetch(session, Some(user), NOW, async { Err(FetchFailed::new(anyhow::anyhow!("down"))) }).await;
    assert!(failed.is_err());
    assert_eq!(
        sessions.fetch(session, Some(user), NOW, async move { fetched("a", user) }).await.unwrap(),
        granted("a")
    );
}

/// An API key's owner is known only when auth has answered.
#[tokio::test]
async fn a_change_drops_what_may_be_its_owners_too() {
    let (sessions, session, user) = sessions();
    let (answer, question) = oneshot::channel();
    let asking = sessions.clone();
    let old = tokio::spawn(async move { asking.fetch(session, None, NOW, async { question.await.unwrap() }).await });
    while sessions.flights().by_credential.is_empty() {
        tokio::task::yield_now().await;
    }
    sessions.drop_where(|of| *of == user);
    answer.send(fetched("old", user)).unwrap();
    old.await.unwrap().unwrap();
    assert_eq!(sessions.get(session, NOW), None);
}

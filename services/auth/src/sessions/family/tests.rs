//! The rules one by one, and then any order of clients, thieves and waiting.

use kernel::SessionId;
use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::*;
use crate::secrets::{RefreshKey, ServerKey};

fn at(secs: i64) -> Timestamp {
    "2027-03-01T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(secs)
}

fn family(generation: i64) -> Family {
    Family { generation, expires_at: at(1_000_000), ended: None }
}

fn used(generation: i64, secs: i64) -> Presented {
    Presented { generation, used_at: Some(at(secs)) }
}

#[test]
fn a_fresh_token_is_exchanged_until_the_family_is_over() {
    let fresh = Presented { generation: 1, used_at: None };
    assert_eq!(decide(&family(1), fresh, at(0)), Decision::Rotate);
    assert_eq!(decide(&family(1), fresh, at(1_000_000)), Decision::Over);
    let logged_out = Family { ended: Some(EndReason::Logout), ..family(1) };
    assert_eq!(decide(&logged_out, fresh, at(0)), Decision::Over);
    let stolen = Family { ended: Some(EndReason::TokenReused), ..family(1) };
    assert_eq!(decide(&stolen, fresh, at(0)), Decision::EndedByReuse);
}

#[test]
fn a_parent_is_answered_alike_for_twenty_seconds_and_ends_the_family_after() {
    assert_eq!(decide(&family(2), used(1, 0), at(0)), Decision::Repeat);
    assert_eq!(decide(&family(2), used(1, 0), at(19)), Decision::Repeat);
    assert_eq!(decide(&family(2), used(1, 0), at(20)), Decision::Reused);
}

#[test]
fn a_grandparent_is_refused_at_first_and_ends_the_family_after_the_window() {
    assert_eq!(decide(&family(3), used(1, 0), at(19)), Decision::Superseded);
    assert_eq!(decide(&family(3), used(1, 0), at(20)), Decision::Reused);
}

/// A family in memory, driven by `decide` as the command drives it by the database.
struct Simulation {
    key: RefreshKey,
    id: SessionId,
    family: Family,
    /// By generation − 1: the token and when it was first presented.
    tokens: Vec<(String, Option<Timestamp>)>,
}

impl Simulation {
    fn new() -> Self {
        let key = ServerKey::new(&"server".into()).refresh_key();
        Self { key, id: SessionId::new(), family: family(1), tokens: vec![("rtr_first".to_owned(), None)] }
    }

    fn present(&mut self, index: usize, now: Timestamp) -> (Decision, Option<String>) {
        let (token, used_at) = self.tokens[index].clone();
        let generation = i64::try_from(index).unwrap() + 1;
        let decision = decide(&self.family, Presented { generation, used_at }, now);
        let successor = self.key.successor(&token, self.id, generation + 1).expose_secret().to_owned();
        match decision {
            Decision::Rotate => {
                self.tokens[index].1 = Some(now);
                self.tokens.push((successor.clone(), None));
                self.family.generation += 1;
            }
            Decision::Reused => self.family.ended = Some(EndReason::TokenReused),
            _ => {}
        }
        (decision, matches!(decision, Decision::Rotate | Decision::Repeat).then_some(successor))
    }
}

proptest! {
    /// Steps are (which token, counted back from the newest; seconds waited before).
    #[test]
    fn whoever_holds_which_token_the_family_stays_one_line(
        steps in prop::collection::vec((0usize..4, prop_oneof![0i64..5, 15i64..30]), 1..60)
    ) {
        let mut simulation = Simulation::new();
        let mut secs = 0;
        for (back, waited) in steps {
            secs += waited;
            let now = at(secs);
            let newest = simulation.tokens.len() - 1;
            let index = newest.saturating_sub(back);
            let before = simulation.family.clone();
            let first_use = simulation.tokens[index].1;
            let (decision, successor) = simulation.present(index, now);

            // One fresh token at most, and it is the newest.
            let fresh = simulation.tokens.iter().filter(|(_, used_at)| used_at.is_none()).count();
            prop_assert_eq!(fresh, 1);
            prop_assert!(simulation.tokens.last().unwrap().1.is_none());
            // Whatever a client is given is that token, in whatever way it got it.
            if let Some(successor) = successor {
                prop_assert_eq!(&successor, &simulation.tokens.last().unwrap().0);
                prop_assert!(before.ended.is_none());
            }
            // A used token after its window ends the family, and only that does.
            let late = first_use.is_some_and(|used_at| now >= used_at + GRACE);
            prop_assert_eq!(decision == Decision::Reused, late && before.ended.is_none());
            prop_assert_eq!(simulation.family.ended.is_some(), before.ended.is_some() || decision == Decision::Reused);
        }
    }
}

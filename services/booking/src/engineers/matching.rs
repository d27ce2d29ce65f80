//! Who does what: engineers are spread over the add-ons of a booking so that everything that can be done is done.

use std::collections::BTreeMap;

use kernel::{AddOnId, EngineerId};

/// An add-on of a booking that people do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub add_on_id: AddOnId,
    /// The preferred ones first.
    pub engineers: Vec<EngineerId>,
    pub quantity: usize,
}

/// An engineer for everything that is wanted, from those who are free; `None` when there are too few. Earlier add-ons
/// get whom they prefer, unless a later one would go without: then they give way (augmenting paths).
pub fn assign(wanted: &[Wanted], is_free: impl Fn(EngineerId) -> bool) -> Option<Vec<(AddOnId, EngineerId)>> {
    let places: Vec<&Wanted> = wanted.iter().flat_map(|wanted| std::iter::repeat_n(wanted, wanted.quantity)).collect();
    // Nobody has so many engineers; whoever orders more is told so without a search.
    if places.iter().any(|place| place.quantity > place.engineers.len()) {
        return None;
    }
    let mut place_of: BTreeMap<EngineerId, usize> = BTreeMap::new();
    for place in 0..places.len() {
        if !seat(place, &places, &is_free, &mut place_of, &mut Vec::new()) {
            return None;
        }
    }
    let mut assigned: Vec<_> = place_of.into_iter().map(|(id, place)| (place, id)).collect();
    assigned.sort_unstable();
    Some(assigned.into_iter().map(|(place, id)| (places[place].add_on_id, id)).collect())
}

fn seat(
    place: usize,
    places: &[&Wanted],
    is_free: &impl Fn(EngineerId) -> bool,
    place_of: &mut BTreeMap<EngineerId, usize>,
    tried: &mut Vec<EngineerId>,
) -> bool {
    for engineer in places[place].engineers.iter().copied().filter(|id| is_free(*id)) {
        if tried.contains(&engineer) {
            continue;
        }
        tried.push(engineer);
        let other = place_of.get(&engineer).copied();
        if other.is_none_or(|other| seat(other, places, is_free, place_of, tried)) {
            place_of.insert(engineer, place);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn people(count: usize) -> Vec<EngineerId> {
        (0..count).map(|_| EngineerId::new()).collect()
    }

    fn wanted(engineers: &[EngineerId], quantity: usize) -> Wanted {
        Wanted { add_on_id: AddOnId::new(), engineers: engineers.to_vec(), quantity }
    }

    #[test]
    fn the_preferred_one_comes_unless_somebody_else_would_go_without() {
        let people = people(2);
        let mixing = wanted(&people, 1);
        let only_first = wanted(&people[..1], 1);
        assert_eq!(assign(std::slice::from_ref(&mixing), |_| true), Some(vec![(mixing.add_on_id, people[0])]));
        let both = [mixing.clone(), only_first.clone()];
        let expected = vec![(mixing.add_on_id, people[1]), (only_first.add_on_id, people[0])];
        assert_eq!(assign(&both, |_| true), Some(expected));
        assert_eq!(assign(&both, |id| id == people[0]), None);
    }

    #[test]
    fn as_many_come_as_are_booked_or_nobody() {
        let people = people(3);
        let two = wanted(&people, 2);
        assert_eq!(assign(std::slice::from_ref(&two), |id| id != people[1]).unwrap().len(), 2);
        assert_eq!(assign(&[two], |id| id == people[1]), None);
        assert_eq!(assign(&[wanted(&people, 4)], |_| true), None);
        assert_eq!(assign(&[wanted(&[], 1)], |_| true), None);
        assert_eq!(assign(&[], |_| true), Some(Vec::new()));
    }

    /// Tries everybody for every place.
    fn brute_force(places: &[Vec<EngineerId>], taken: &BTreeSet<EngineerId>) -> bool {
        let Some((first, rest)) = places.split_first() else { return true };
        first.iter().filter(|id| !taken.contains(id)).any(|id| {
            let taken = taken.iter().copied().chain([*id]).collect();
            brute_force(rest, &taken)
        })
    }

    proptest! {
        #[test]
        fn everything_is_done_whenever_it_can_be(
            lists in prop::collection::vec((prop::collection::btree_set(0_usize..5, 0..5), 1_usize..3), 0..4),
            free in prop::collection::btree_set(0_usize..5, 0..=5),
        ) {
            let people = people(5);
            let is_free = |id| people.iter().position(|other| *other == id).is_some_and(|index| free.contains(&index));
            let wanted: Vec<Wanted> = lists.iter().map(|(indexes, quantity)| {
                let engineers: Vec<EngineerId> = indexes.iter().map(|index| people[*index]).collect();
                wanted(&engineers, *quantity)
            }).collect();
            let places: Vec<Vec<EngineerId>> = wanted.iter().flat_map(|wanted| {
                let free: Vec<EngineerId> = wanted.engineers.iter().copied().filter(|id| is_free(*id)).collect();
                std::iter::repeat_n(free, wanted.quantity)
            }).collect();
            let assigned = assign(&wanted, is_free);
            prop_assert_eq!(assigned.is_some(), brute_force(&places, &BTreeSet::new()));
            if let Some(assigned) = assigned {
                let different: BTreeSet<EngineerId> = assigned.iter().map(|(_, id)| *id).collect();
                prop_assert_eq!(different.len(), places.len(), "nobody does two things");
                for (add_on_id, id) in assigned {
                    prop_assert!(is_free(id));
                    prop_assert!(wanted.iter().any(|w| w.add_on_id == add_on_id && w.engineers.contains(&id)));
                }
            }
        }
    }
}

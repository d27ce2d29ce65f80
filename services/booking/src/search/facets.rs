//! Counting what found studios have in common, for whoever wants to narrow a search.

use std::collections::HashMap;

use kernel::CityId;

use super::model::Hit;

/// At most so many values of one kind.
const MOST_VALUES: usize = 50;

const CAPACITIES: [i32; 6] = [2, 4, 8, 12, 20, 50];

/// Minor units.
const RATES: [i64; 6] = [1000, 2000, 3000, 5000, 10_000, 20_000];

/// Hundredths of a star.
const RATINGS: [i32; 4] = [300, 350, 400, 450];

/// How many of the counted studios have what, the most frequent first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facets {
    /// How many studios were counted.
    pub counted: usize,
    /// True when these are all that were found.
    pub complete: bool,
    pub cities: Vec<(CityId, i64)>,
    pub equipment: Vec<(String, i64)>,
    pub badges: Vec<(String, i64)>,
    /// With a room for at least so many.
    pub capacities: Vec<(i32, i64)>,
    /// With a room that fits, for at most so much an hour.
    pub hourly_rates: Vec<(i64, i64)>,
    /// With at least so many hundredths of a star.
    pub ratings: Vec<(i32, i64)>,
}

impl Facets {
    /// The cities are counted apart, because they ignore a wish for one of them.
    pub fn of(sample: &[Hit], complete: bool, cities: &[CityId]) -> Self {
        let count = |condition: &dyn Fn(&Hit) -> bool| sample.iter().filter(|hit| condition(hit)).count() as i64;
        let rate = |hit: &Hit| hit.from_hourly_rate.map(|rate| rate.amount);
        Self {
            counted: sample.len(),
            complete,
            cities: most_frequent(cities.iter().copied()),
            equipment: most_frequent(sample.iter().flat_map(|hit| hit.equipment.iter().cloned())),
            badges: most_frequent(sample.iter().flat_map(|hit| hit.badges.iter().cloned())),
            capacities: CAPACITIES.map(|least| (least, count(&|hit| hit.max_capacity >= least))).to_vec(),
            hourly_rates: RATES.map(|most| (most, count(&|hit| rate(hit).is_some_and(|rate| rate <= most)))).to_vec(),
            ratings: RATINGS.map(|least| (least, count(&|hit| hit.rating >= least))).to_vec(),
        }
    }
}

/// The most frequent first; those that are as frequent in their own order.
fn most_frequent<T: Ord + std::hash::Hash + Clone>(values: impl Iterator<Item = T>) -> Vec<(T, i64)> {
    let mut counts: HashMap<T, i64> = HashMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    let mut counts: Vec<(T, i64)> = counts.into_iter().collect();
    counts.sort_by(|(a, many), (b, more)| more.cmp(many).then_with(|| a.cmp(b)));
    counts.truncate(MOST_VALUES);
    counts
}

#[cfg(test)]
mod tests {
    use kernel::{Currency, Money, StudioId};

    use super::*;

    fn hit(city_id: CityId, rate: i64, capacity: i32, equipment: &[&str]) -> Hit {
        Hit {
            id: StudioId::new(),
            value: 0,
            distance_m: None,
            from_hourly_rate: Some(Money::new(rate, Currency::EUR)),
            city_id,
            equipment: equipment.iter().map(|key| (*key).to_owned()).collect(),
            badges: Vec::new(),
            max_capacity: capacity,
            rating: 400,
        }
    }

    #[test]
    fn every_choice_has_its_count() {
        let (berlin, hamburg) = (CityId::new(), CityId::new());
        let sample =
            [hit(berlin, 1500, 4, &["piano", "drums"]), hit(berlin, 2500, 10, &["drums"]), hit(hamburg, 900, 3, &[])];
        let cities: Vec<CityId> = sample.iter().map(|hit| hit.city_id).collect();
        let facets = Facets::of(&sample, true, &cities);
        assert_eq!(facets.cities, [(berlin, 2), (hamburg, 1)]);
        assert_eq!(facets.equipment, [("drums".to_owned(), 2), ("piano".to_owned(), 1)]);
        assert_eq!(facets.capacities[..4], [(2, 3), (4, 2), (8, 1), (12, 0)]);
        assert_eq!(facets.hourly_rates[..3], [(1000, 1), (2000, 2), (3000, 3)]);
        assert_eq!(facets.ratings[2..], [(400, 3), (450, 0)]);
        assert_eq!((facets.counted, facets.complete), (3, true));
    }
}

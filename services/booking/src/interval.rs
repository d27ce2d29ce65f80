//! Half-open stretches of time between two instants.

use jiff::{SignedDuration, Timestamp};

/// `[start, end)`, never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    start: Timestamp,
    end: Timestamp,
}

impl Interval {
    /// `None` unless the start is before the end.
    pub fn new(start: Timestamp, end: Timestamp) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// From a margin before the earlier of two instants to a margin after the later one.
    pub fn around(a: Timestamp, b: Timestamp, margin: SignedDuration) -> Self {
        let start = a.min(b).checked_sub(margin).unwrap_or(Timestamp::MIN);
        let end = a.max(b).checked_add(margin).unwrap_or(Timestamp::MAX);
        Self { start, end }
    }

    pub fn start(self) -> Timestamp {
        self.start
    }

    pub fn end(self) -> Timestamp {
        self.end
    }

    /// Whole elapsed minutes.
    pub fn minutes(self) -> i64 {
        self.start.duration_until(self.end).as_mins()
    }

    pub fn contains(self, instant: Timestamp) -> bool {
        self.start <= instant && instant < self.end
    }

    pub fn covers(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The same interval with its end moved later; an end beyond all time stays there.
    pub fn extended(self, minutes: i32) -> Self {
        let end = self.end.checked_add(SignedDuration::from_mins(minutes.max(0).into())).unwrap_or(Timestamp::MAX);
        Self { start: self.start, end }
    }
}

/// Joins intervals that overlap or touch; the answer is sorted and disjoint.
pub fn joined(mut intervals: Vec<Interval>) -> Vec<Interval> {
    intervals.sort_unstable();
    let mut joined: Vec<Interval> = Vec::with_capacity(intervals.len());
    for interval in intervals {
        match joined.last_mut() {
            Some(last) if interval.start <= last.end => last.end = last.end.max(interval.end),
            _ => joined.push(interval),
        }
    }
    joined
}

/// True when one of these overlaps; they are sorted and disjoint, as [`joined`] makes them.
pub fn any_overlaps(disjoint: &[Interval], wanted: Interval) -> bool {
    let first_open = disjoint.partition_point(|interval| interval.end <= wanted.start);
    disjoint.get(first_open).is_some_and(|interval| interval.start < wanted.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(from: i64, to: i64) -> Interval {
        Interval::new(Timestamp::constant(from * 3600, 0), Timestamp::constant(to * 3600, 0)).unwrap()
    }

    #[test]
    fn touching_intervals_do_not_overlap_but_join() {
        assert!(!hours(0, 2).overlaps(hours(2, 3)));
        assert_eq!(joined(vec![hours(2, 3), hours(5, 6), hours(0, 2)]), [hours(0, 3), hours(5, 6)]);
        assert!(Interval::new(hours(0, 1).end(), hours(0, 1).start()).is_none());
    }

    proptest::proptest! {
        #[test]
        fn searching_the_sorted_finds_what_looking_at_all_finds(
            spans in proptest::collection::vec((0_i64..100, 1_i64..20), 0..12), from in 0_i64..110, length in 1_i64..20,
        ) {
            let all: Vec<Interval> = spans.iter().map(|(from, length)| hours(*from, from + length)).collect();
            let wanted = hours(from, from + length);
            let expected = all.iter().any(|interval| interval.overlaps(wanted));
            proptest::prop_assert_eq!(any_overlaps(&joined(all), wanted), expected);
        }
    }
}

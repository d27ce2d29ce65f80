//! Contenders take turns, so that what else the machine does hits all of them: baseline, ours, baseline, ours, …,
//! baseline. Each result of ours is compared with the baseline just before and just after it.

use std::{fmt, time::Duration};

/// How long and how often.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub time: Duration,
    pub rounds: usize,
}

/// Connections open and caches fill before anything counts.
const WARM_UP: Duration = Duration::from_secs(1);

impl Pace {
    pub fn new(seconds: u64, rounds: u32) -> Self {
        Self { time: Duration::from_secs(seconds), rounds: rounds as usize }
    }

    /// Measures every contender once a round; number 0 is the baseline and also ends the contest. Answers the results
    /// by contender.
    pub async fn contest<M: fmt::Debug>(
        &self,
        names: &[&str],
        mut measure: impl AsyncFnMut(usize, Duration) -> anyhow::Result<M>,
    ) -> anyhow::Result<Vec<Vec<M>>> {
        for contender in 0..names.len() {
            measure(contender, WARM_UP).await?;
        }
        let mut results: Vec<Vec<M>> = names.iter().map(|_| Vec::new()).collect();
        for turn in 0..=self.rounds * names.len() {
            let contender = turn % names.len();
            let result = measure(contender, self.time).await?;
            eprintln!("  {}: {result:?}", names[contender]);
            results[contender].push(result);
        }
        Ok(results)
    }
}

/// The rounds of one figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Spread {
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (min, max) = (values.first().copied().unwrap_or(f64::NAN), values.last().copied().unwrap_or(f64::NAN));
        let middle = values.len() / 2;
        let median = match values.len() {
            0 => f64::NAN,
            odd if odd % 2 == 1 => values[middle],
            _ => f64::midpoint(values[middle - 1], values[middle]),
        };
        Self { median, min, max }
    }

    /// Ours over the mean of the baseline's results around it, round by round.
    pub fn of_ratios(baseline: &[f64], ours: &[f64]) -> Self {
        let around = baseline.windows(2).map(|pair| f64::midpoint(pair[0], pair[1]));
        Self::of(ours.iter().zip(around).map(|(ours, baseline)| ours / baseline))
    }
}

/// A ratio with the range of its rounds.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} ({:.2}–{:.2})", self.median, self.min, self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_slows_down_does_not_change_the_ratio() {
        // Every turn is a tenth slower than the one before; ours does half of what the baseline does.
        let baseline = [1000.0, 800.0, 600.0];
        let ours = [450.0, 350.0];
        let ratio = Spread::of_ratios(&baseline, &ours);
        assert_eq!(ratio, Spread { median: 0.5, min: 0.5, max: 0.5 });
        assert_eq!(ratio.to_string(), "0.50 (0.50–0.50)");
    }

    #[test]
    fn the_middle_of_an_even_number_of_rounds_is_between_the_two() {
        assert_eq!(Spread::of([4.0, 1.0, 2.0, 3.0]), Spread { median: 2.5, min: 1.0, max: 4.0 });
    }

    #[tokio::test]
    async fn the_baseline_is_measured_before_and_after_every_other() {
        let pace = Pace { time: Duration::from_secs(5), rounds: 2 };
        let mut order = String::new();
        let results = pace
            .contest(&["baseline", "ours", "theirs"], async |contender, time| {
                order.push_str(&format!("{contender}{}", if time == WARM_UP { "w " } else { " " }));
                Ok(contender)
            })
            .await
            .unwrap();
        assert_eq!(order, "0w 1w 2w 0 1 2 0 1 2 0 ");
        assert_eq!(results.iter().map(Vec::len).collect::<Vec<_>>(), [3, 2, 2]);
    }
}

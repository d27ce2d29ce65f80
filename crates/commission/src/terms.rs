//! Which rate counts for a company: its promotion while that lasts, else its own, else its plan's, else the platform's default;
//! pure.
//!
//! A term is never changed. One that is set later replaces those before it of the same ground, from the instant at which it
//! begins; with what it had replaced it is over for good, so that nothing comes back to life when a later term ends.

use jiff::Timestamp;

use super::Rate;

/// Why a rate counts. A later one here overrules the earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ground {
    /// The platform's configured rate.
    Default,
    /// The plan that the company is on.
    Plan,
    /// The company's own.
    Company,
    /// The company's own for a time.
    Promotion,
}

impl Ground {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Plan => "plan",
            Self::Company => "company",
            Self::Promotion => "promotion",
        }
    }
}

/// What somebody has set for a company, or for the plan that it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    pub ground: Ground,
    /// `None`: there is none on this ground from then on.
    pub rate: Option<Rate>,
    pub starts_at: Timestamp,
    /// It counts until just before this instant.
    pub ends_at: Option<Timestamp>,
}

impl Term {
    fn has_begun(&self, now: Timestamp) -> bool {
        self.starts_at <= now
    }

    fn lasts(&self, now: Timestamp) -> bool {
        self.ends_at.is_none_or(|end| now < end)
    }
}

/// The rate that counts at some instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InForce {
    pub rate: Rate,
    pub ground: Ground,
    /// When the term ends that it follows from.
    pub until: Option<Timestamp>,
}

/// The rate that counts now. `terms` are those of one company and of the plan that it is on, in the order in which they were set.
pub fn in_force(terms: &[Term], default: Rate, now: Timestamp) -> InForce {
    let of_ground = |ground: Ground| {
        let newest = terms.iter().rev().find(|term| term.ground == ground && term.has_begun(now));
        let lasting = newest.filter(|term| term.lasts(now))?;
        Some(InForce { rate: lasting.rate?, ground, until: lasting.ends_at })
    };
    let set = [Ground::Promotion, Ground::Company, Ground::Plan].into_iter().find_map(of_ground);
    set.unwrap_or(InForce { rate: default, ground: Ground::Default, until: None })
}

#[cfg(test)]
mod tests;

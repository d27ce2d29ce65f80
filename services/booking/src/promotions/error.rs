//! What can go wrong with promotions.

use problem::Problem;

#[derive(Debug, thiserror::Error)]
pub enum PromotionError {
    #[error("there is no such promotion, or it is somebody else's")]
    NotFound,
    #[error("the company has a promotion with this code already")]
    CodeTaken,
    #[error(transparent)]
    Refused(#[from] PromotionRefusal),
    #[error("the database failed")]
    Store(#[source] store::Error),
}

/// Why a code cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PromotionRefusal {
    #[error("the studio has no such promotion")]
    Unknown,
    #[error("the promotion has not begun yet")]
    NotYet,
    #[error("the promotion is over")]
    Over,
    #[error("the booking is too small for this promotion")]
    MinimumNotMet,
    #[error("the promotion has been used as often as it may be")]
    UsedUp,
}

impl From<store::Error> for PromotionError {
    fn from(error: store::Error) -> Self {
        match error.violated_constraint() {
            Some("promotions_code_key") => Self::CodeTaken,
            _ => Self::Store(error),
        }
    }
}

impl From<PromotionRefusal> for Problem {
    fn from(refusal: PromotionRefusal) -> Self {
        let detail = refusal.to_string();
        let invalid = |code| Self::invalid(code, format!("{detail}.")).at("/promotion_code", detail.clone());
        match refusal {
            PromotionRefusal::Unknown => invalid("unknown_promotion"),
            PromotionRefusal::NotYet => invalid("promotion_not_yet_valid"),
            PromotionRefusal::Over => invalid("promotion_over"),
            PromotionRefusal::MinimumNotMet => invalid("promotion_minimum_not_met"),
            PromotionRefusal::UsedUp => Self::conflict("promotion_used_up", format!("{detail}.")),
        }
    }
}

impl From<PromotionError> for Problem {
    fn from(error: PromotionError) -> Self {
        match error {
            PromotionError::NotFound => Self::not_found(),
            PromotionError::CodeTaken => {
                Self::conflict("code_taken", "The company has a promotion with this code already.")
            }
            PromotionError::Refused(refusal) => refusal.into(),
            PromotionError::Store(error) => error.into(),
        }
    }
}

//! Texts that people send along.

use problem::Problem;

/// Characters of a reason.
const LONGEST_REASON: usize = 500;

/// Why somebody does something: something is said, and nothing in it breaks a line or a column.
pub fn check_reason(text: &str) -> Result<&str, Problem> {
    let text = text.trim();
    let fits = (1..=LONGEST_REASON).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits {
        Ok(text)
    } else {
        Err(Problem::invalid("invalid_reason", "A reason has 1 to 500 characters and no control characters.")
            .at("/reason", "1 to 500 characters"))
    }
}

/// What something is about: an id, in practice.
pub fn check_source(text: &str) -> Result<(), Problem> {
    if (1..=100).contains(&text.len()) && !text.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(Problem::invalid("invalid_source", "A source has 1 to 100 characters.")
            .at("/source", "1 to 100 characters"))
    }
}

/// What somebody else calls something: a bank, a provider.
pub fn check_reference(text: &str) -> Result<(), Problem> {
    if (1..=100).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(Problem::invalid("invalid_reference", "A reference has 1 to 100 characters.")
            .at("/reference", "1 to 100 characters"))
    }
}

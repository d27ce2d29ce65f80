//! What a database can say, sorted by what the caller can do about it.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// An error of the database or of the way to it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection could be had in time; nothing was done.
    #[error("the database is out of reach: {0}")]
    Unavailable(String),
    /// The statement failed; its transaction is rolled back. Not `transparent`: a domain error that is transparent
    /// for this one must still lead to diesel's, or [`is_retryable`] would not see it.
    #[error("{0}")]
    Query(#[from] DieselError),
}

impl Error {
    /// True where trying again later may help and nothing is known to be wrong with the request.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Unavailable(_) => true,
            Self::Query(DieselError::DatabaseError(kind, _)) => matches!(kind, DatabaseErrorKind::ClosedConnection),
            Self::Query(DieselError::BrokenTransactionManager) => true,
            Self::Query(_) => false,
        }
    }

    /// The violated constraint's name, for mapping it to a domain error.
    pub fn violated_constraint(&self) -> Option<&str> {
        match self {
            Self::Query(error) => violated_constraint(error),
            Self::Unavailable(_) => None,
        }
    }
}

/// The name of the constraint that a statement violated.
pub fn violated_constraint(error: &DieselError) -> Option<&str> {
    match error {
        DieselError::DatabaseError(_, info) => info.constraint_name(),
        _ => None,
    }
}

/// True for a transaction that lost a race (40001 serialization failure, 40P01 deadlock) and will succeed when it
/// is run again. Looks through the whole chain of causes, so that it works on every domain error.
pub fn is_retryable(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let diesel = match error.downcast_ref::<Error>() {
            Some(Error::Query(query)) => Some(query),
            _ => error.downcast_ref::<DieselError>(),
        };
        if let Some(DieselError::DatabaseError(kind, info)) = diesel {
            // diesel has no kind of its own for 40P01; the message is PostgreSQL's own, untranslated in its C locale.
            return matches!(kind, DatabaseErrorKind::SerializationFailure)
                || info.message().starts_with("deadlock detected");
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Inner {
        #[error(transparent)]
        Store(#[from] Error),
    }

    #[derive(Debug, thiserror::Error)]
    enum Outer {
        #[error(transparent)]
        Inner(#[from] Inner),
    }

    #[test]
    fn a_lost_race_is_seen_through_transparent_domain_errors() {
        let deadlock = || {
            let message = Box::new("deadlock detected".to_owned());
            Error::from(DieselError::DatabaseError(DatabaseErrorKind::Unknown, message))
        };
        assert!(is_retryable(&deadlock()));
        assert!(is_retryable(&Inner::from(deadlock())));
        assert!(is_retryable(&Outer::from(Inner::from(deadlock()))));
        assert!(!is_retryable(&Outer::from(Inner::from(Error::from(DieselError::NotFound)))));
    }
}

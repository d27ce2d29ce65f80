//! What a database can say, sorted by what the caller can do about it.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// An error of the database or of the way to it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection could be had in time; nothing was done.
    #[error("{0}")]
    Unavailable(#[from] OutOfReach),
    /// The statement failed; its transaction is rolled back.
    #[error("{0}")]
    Query(#[from] DieselError),
}

// Neither variant is `transparent`: a domain error that is transparent for this one leads to its cause at once, and
// there [`is_unavailable`] and [`is_retryable`] look for it.

/// Why no connection could be had.
#[derive(Debug, thiserror::Error)]
#[error("the database is out of reach: {0}")]
pub struct OutOfReach(pub String);

impl Error {
    /// True where trying again later may help and nothing is known to be wrong with the request.
    pub fn is_unavailable(&self) -> bool {
        is_unavailable(self)
    }

    /// True where a value is beyond what PostgreSQL can hold, such as an instant before 4713 BC. Such values come from
    /// clients; ours never do.
    pub fn is_out_of_range(&self) -> bool {
        match self {
            Self::Query(DieselError::DatabaseError(_, info)) => info.message().ends_with("out of range"),
            _ => false,
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
    causes(error).any(|cause| match cause.downcast_ref() {
        // diesel has no kind of its own for 40P01; the message is PostgreSQL's own, untranslated in its C locale.
        Some(DieselError::DatabaseError(kind, info)) => {
            matches!(kind, DatabaseErrorKind::SerializationFailure) || info.message().starts_with("deadlock detected")
        }
        _ => false,
    })
}

/// True where the database could not be asked, whatever the domain error around it: no connection, one that broke
/// under the statement, a server that is going down or coming up, or one that has become a standby.
pub fn is_unavailable(error: &(dyn std::error::Error + 'static)) -> bool {
    causes(error).any(|cause| cause.is::<OutOfReach>() || cause.downcast_ref().is_some_and(is_lost))
}

/// diesel-async reports a broken connection as a command that could not be sent, and has no kind for a server that
/// goes or comes (57P01 to 57P03).
fn is_lost(error: &DieselError) -> bool {
    match error {
        DieselError::BrokenTransactionManager => true,
        DieselError::DatabaseError(kind, info) => match kind {
            DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::ReadOnlyTransaction => true,
            _ => ["terminating connection", "the database system is"]
                .iter()
                .any(|start| info.message().starts_with(start)),
        },
        _ => false,
    }
}

fn causes<'e>(
    error: &'e (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'e (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
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

    #[test]
    fn a_lost_database_is_seen_through_transparent_domain_errors() {
        let query = |kind, message: &str| Error::from(DieselError::DatabaseError(kind, Box::new(message.to_owned())));
        for lost in [
            Error::from(OutOfReach("no connection".to_owned())),
            query(DatabaseErrorKind::Unknown, "terminating connection due to administrator command"),
            query(DatabaseErrorKind::UnableToSendCommand, "connection closed"),
        ] {
            assert!(lost.is_unavailable(), "{lost}");
            assert!(is_unavailable(&Outer::from(Inner::from(lost))));
        }
        assert!(!query(DatabaseErrorKind::UniqueViolation, "duplicate key").is_unavailable());
        assert!(!Error::from(DieselError::NotFound).is_unavailable());
    }
}

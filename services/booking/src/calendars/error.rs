//! What can go wrong with calendars.

use problem::Problem;

#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    #[error("there is no such calendar, or it is somebody else's")]
    NotFound,
    #[error("the room imports this calendar already")]
    Duplicate,
    #[error("the room imports as many calendars as it may")]
    TooMany,
    #[error("the database failed")]
    Store(#[from] store::Error),
}

impl From<CalendarError> for Problem {
    fn from(error: CalendarError) -> Self {
        match error {
            CalendarError::NotFound => Self::not_found(),
            CalendarError::Duplicate => Self::conflict("calendar_exists", "This room imports this calendar already."),
            CalendarError::TooMany => Self::conflict("too_many_calendars", "This room imports too many calendars."),
            CalendarError::Store(error) if error.violated_constraint() == Some("calendar_imports_url_key") => {
                CalendarError::Duplicate.into()
            }
            CalendarError::Store(error) => error.into(),
        }
    }
}

//! What an engineer is.

use jiff::Timestamp;
use kernel::{AbsenceId, BookingId, CompanyId, EngineerId};

use crate::interval::Interval;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engineer {
    pub id: EngineerId,
    pub company_id: CompanyId,
    pub name: String,
    /// Takes no new bookings.
    pub retired: bool,
    pub created_at: Timestamp,
}

/// A time at which an engineer does not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    pub id: AbsenceId,
    pub engineer_id: EngineerId,
    pub interval: Interval,
    pub reason: Option<String>,
}

/// A booking that an engineer is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assignment {
    pub booking_id: BookingId,
    pub interval: Interval,
}

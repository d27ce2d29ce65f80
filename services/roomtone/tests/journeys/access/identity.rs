//! Who asks, and what they are to be told.

use std::fmt;

/// The columns of the matrix, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    Anonymous,
    Owner,
    Manager,
    OtherUser,
    OtherManager,
    Staff,
    Support,
    Admin,
    Service,
}

impl Identity {
    pub const ALL: [Self; 9] = [
        Self::Anonymous,
        Self::Owner,
        Self::Manager,
        Self::OtherUser,
        Self::OtherManager,
        Self::Staff,
        Self::Support,
        Self::Admin,
        Self::Service,
    ];

    /// As the head of the table says it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Owner => "owner",
            Self::Manager => "manager",
            Self::OtherUser => "other user",
            Self::OtherManager => "other manager",
            Self::Staff => "staff",
            Self::Support => "support",
            Self::Admin => "admin",
            Self::Service => "service",
        }
    }
}

/// Whose thing an operation is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// Nobody's, or the caller's own.
    Nobody,
    Customer,
    Company,
    /// An internal operation, for these services.
    Services(Vec<String>),
}

/// What a request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    LetIn,
    /// With this status.
    Refused(u16),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LetIn => f.write_str("ok"),
            Self::Refused(status) => status.fmt(f),
        }
    }
}

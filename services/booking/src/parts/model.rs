//! What a room stands for.

use kernel::RoomId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StandsFor {
    Itself,
    /// For some rooms of its studio: at least one, sorted, never itself.
    Rooms(Vec<RoomId>),
    /// For every room of its studio.
    Studio,
}

impl StandsFor {
    /// Nothing but itself where no rooms are named.
    pub fn rooms(mut rooms: Vec<RoomId>) -> Self {
        rooms.sort_unstable();
        rooms.dedup();
        if rooms.is_empty() { Self::Itself } else { Self::Rooms(rooms) }
    }

    /// The column `stands_for`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Itself => "itself",
            Self::Rooms(_) => "parts",
            Self::Studio => "studio",
        }
    }

    pub fn parts(&self) -> &[RoomId] {
        match self {
            Self::Rooms(rooms) => rooms,
            Self::Itself | Self::Studio => &[],
        }
    }
}

/// A room that may become a part, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    pub room_id: RoomId,
    pub stands_for_others: bool,
}

/// Why a room cannot stand for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadParts {
    #[error("a room does not stand for itself")]
    Itself(usize),
    #[error("the studio has no such room")]
    Unknown(usize),
    #[error("this room stands for others itself")]
    Nested(usize),
    #[error("this room is a part of another one")]
    IsPart,
}

/// What a room stands for is one level deep: its parts stand for nothing, and it is no part itself.
pub fn check(room_id: RoomId, wanted: &StandsFor, studio: &[Candidate], is_part: bool) -> Result<(), BadParts> {
    for (index, part) in wanted.parts().iter().enumerate() {
        if *part == room_id {
            return Err(BadParts::Itself(index));
        }
        let known = studio.iter().find(|room| room.room_id == *part).ok_or(BadParts::Unknown(index))?;
        if known.stands_for_others {
            return Err(BadParts::Nested(index));
        }
    }
    let stands_for_others = !matches!(wanted, StandsFor::Itself);
    if is_part && stands_for_others { Err(BadParts::IsPart) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_room_stands_for_is_one_level_deep() {
        let (room, part, nested, unknown) = (RoomId::new(), RoomId::new(), RoomId::new(), RoomId::new());
        let studio = [(room, false), (part, false), (nested, true)]
            .map(|(room_id, stands_for_others)| Candidate { room_id, stands_for_others });
        let asked = |rooms: &[RoomId], is_part| check(room, &StandsFor::rooms(rooms.to_vec()), &studio, is_part);
        assert_eq!(asked(&[part], false), Ok(()));
        assert_eq!(asked(&[], true), Ok(()));
        assert_eq!(asked(&[part], true), Err(BadParts::IsPart));
        assert_eq!(asked(&[room], false), Err(BadParts::Itself(0)));
        assert_eq!(asked(&[nested], false), Err(BadParts::Nested(0)));
        assert_eq!(asked(&[unknown], false), Err(BadParts::Unknown(0)));
        assert_eq!(check(room, &StandsFor::Studio, &studio, false), Ok(()));
        assert_eq!(StandsFor::rooms(vec![part, part]), StandsFor::Rooms(vec![part]));
    }
}

//! Things by name and key.

use crate::search::text::fold;

/// A list has no use for more.
pub const MAX_ITEMS: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub key: String,
    pub name: String,
    pub quantity: i32,
}

/// Letters and digits of the folded name, hyphens between; `None` where the name has neither.
pub fn key_of(name: &str) -> Option<String> {
    let folded = fold(name);
    let words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { None } else { Some(words.join("-")) }
}

/// Whose list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub studio_id: kernel::StudioId,
    /// The studio's own list when absent.
    pub room_id: Option<kernel::RoomId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_have_one_key() {
        for name in ["Grand Piano", "grand-piano", "  GRAND  piano!", "Gränd Piano"] {
            assert_eq!(key_of(name).as_deref(), Some("grand-piano"), "{name}");
        }
        assert_eq!(key_of("録音機 2").as_deref(), Some("録音機-2"));
        assert_eq!(key_of(" - !"), None);
    }
}

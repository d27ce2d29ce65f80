//! Text as search sees it: lower case, without accents.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::studios::model::Studio;

/// `Größe Éclair` becomes `grosse eclair`.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase) {
        match letter {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'þ' => folded.push_str("th"),
            'ı' => folded.push('i'),
            letter => folded.push(letter),
        }
    }
    folded
}

/// The parts of a studio that are searched, folded, by weight.
#[derive(Debug, Clone)]
pub struct StudioText {
    pub name: String,
    pub place: String,
    pub description: String,
}

impl StudioText {
    pub fn of(studio: &Studio) -> Self {
        Self {
            name: fold(&studio.name),
            place: fold(&format!("{} {}", studio.city.name, studio.city.country.name)),
            description: fold(studio.description.as_deref().unwrap_or_default()),
        }
    }

    /// What misspelt words are compared with.
    pub fn for_trigrams(&self) -> String {
        format!("{} {}", self.name, self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_and_case_do_not_matter() {
        for (text, folded) in
            [("Größe", "grosse"), ("ÉCLAIR", "eclair"), ("Łódź", "lodz"), ("Køb", "kob"), ("İstanbul", "istanbul")]
        {
            assert_eq!(fold(text), folded);
        }
    }
}

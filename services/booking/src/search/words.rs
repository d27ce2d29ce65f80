//! How the words of a search are read: as they are written, or, where that finds nothing, each unknown one as the known
//! ones that look most like it.

use serde::{Deserialize, Serialize};

/// What was decided on the first page. The pages after it decide the same, whatever has changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Unknown words stand for known ones.
    pub corrected: bool,
    /// Few enough are found that each is worth a rank. Where a word fits thousands of studios it tells none of them apart,
    /// and their standing decides.
    pub ranked: bool,
}

/// Words that fit more studios than this rank none of them.
pub const MOST_RANKED: i64 = 2000;

/// A reading with the query it stands for, in PostgreSQL's notation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordQuery {
    pub reading: Reading,
    pub tsquery: String,
}

/// More words than anybody types.
const MAX_TOKENS: usize = 10;

/// The words of a folded text.
pub fn tokens(words: &str) -> Vec<String> {
    let all = words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    all.take(MAX_TOKENS).map(str::to_owned).collect()
}

/// A token and a word that it may stand for; the most alike first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub token: String,
    pub word: String,
}

/// Every token as itself where it is known, else as any of its candidates; `None` where one has neither.
pub fn corrected(tokens: &[String], candidates: &[Candidate]) -> Option<String> {
    let mut parts = Vec::new();
    for token in tokens {
        let alike: Vec<&str> =
            candidates.iter().filter(|found| found.token == *token).map(|found| found.word.as_str()).collect();
        let chosen = if alike.contains(&token.as_str()) { vec![token.as_str()] } else { alike };
        if chosen.is_empty() {
            return None;
        }
        let lexemes: Vec<String> = chosen.into_iter().map(lexeme).collect();
        parts.push(format!("({})", lexemes.join(" | ")));
    }
    if parts.is_empty() { None } else { Some(parts.join(" & ")) }
}

/// Quoted, as PostgreSQL reads it.
fn lexeme(word: &str) -> String {
    format!("'{}'", word.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &str, candidates: &[(&str, &str)], expected: Option<&str>) {
        let candidates: Vec<Candidate> = candidates
            .iter()
            .map(|(token, word)| Candidate { token: (*token).to_owned(), word: (*word).to_owned() })
            .collect();
        assert_eq!(corrected(&tokens(words), &candidates).as_deref(), expected, "{words}");
    }

    #[test]
    fn unknown_words_become_known_ones() {
        check("abey road", &[("abey", "abbey"), ("road", "road"), ("road", "toad")], Some("('abbey') & ('road')"));
        check("rod", &[("rod", "road"), ("rod", "rot")], Some("('road' | 'rot')"));
        check("zzzz road", &[("road", "road")], None);
        check("& | !", &[], None);
        check("it", &[("it", "it's \\ me")], Some("('it''s \\\\ me')"));
    }
}

//! Breaking text into lines.

use unicode_normalization::UnicodeNormalization;

use crate::font::{Face, Shaped};

/// The lines of a text in a column of `width` points, at a size. A word that is wider than the column is cut.
pub fn lines(face: &mut Face, text: &str, size: f32, width: f32) -> Vec<Shaped> {
    // Accents that come apart from their letters are put together: the fonts know the letters.
    let clean: String = text.nfc().filter(|c| *c != '\r').map(printable).collect();
    clean.split('\n').flat_map(|line| wrapped(face, line.trim_end(), width / size)).collect()
}

/// Nothing but text: no control characters, and none that would turn the direction of what follows them.
fn printable(c: char) -> char {
    match c {
        '\n' => '\n',
        c if c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
        {
            ' '
        }
        c => c,
    }
}

/// `width` is in units of the size.
fn wrapped(face: &mut Face, line: &str, width: f32) -> Vec<Shaped> {
    let whole = face.shape(line);
    if whole.width <= width {
        return vec![whole];
    }
    let words: Vec<String> = line.split_whitespace().flat_map(|word| cut(face, word, width)).collect();
    let (mut done, mut current) = (Vec::new(), String::new());
    for word in words {
        let longer = if current.is_empty() { word.clone() } else { format!("{current} {word}") };
        if current.is_empty() || face.shape(&longer).width <= width {
            current = longer;
        } else {
            done.push(face.shape(&current));
            current = word;
        }
    }
    done.push(face.shape(&current));
    done
}

/// A word in pieces that fit; a single character is never cut, however wide.
fn cut(face: &mut Face, word: &str, width: f32) -> Vec<String> {
    if face.shape(word).width <= width {
        return vec![word.to_owned()];
    }
    let (mut pieces, mut piece) = (Vec::new(), String::new());
    for c in word.chars() {
        piece.push(c);
        // Shaped together: letters that stand together may be wider than each for itself.
        if piece.chars().count() > 1 && face.shape(&piece).width > width {
            piece.pop();
            pieces.push(std::mem::replace(&mut piece, c.to_string()));
        }
    }
    pieces.push(piece);
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn broken(text: &str, width: f32) -> Vec<String> {
        lines(&mut Face::regular().unwrap(), text, 10.0, width).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn a_text_breaks_at_spaces_and_at_its_own_breaks() {
        assert_eq!(broken("Studio A", 500.0), ["Studio A"]);
        assert_eq!(broken("one two three", 45.0), ["one two", "three"]);
        assert_eq!(broken("one\ntwo\r\n\nthree", 500.0), ["one", "two", "", "three"]);
        assert_eq!(broken("", 500.0), [""]);
    }

    #[test]
    fn what_would_control_the_page_is_a_space() {
        assert_eq!(broken("a\u{0}b\u{202e}c\u{1b}[31m\td", 500.0), ["a b c [31m d"]);
        assert_eq!(broken("e\u{301}", 500.0), ["é"]);
    }

    proptest! {
        #[test]
        fn no_line_leaves_its_column_and_no_letter_is_lost(text in "[a-zA-Z0-9 äöüéł€]{0,80}", width in 20.0_f32..200.0) {
            let mut face = Face::regular().unwrap();
            let made = lines(&mut face, &text, 10.0, width);
            prop_assert!(made.iter().all(|line| line.width * 10.0 <= width + 0.01));
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            let kept: String = made.iter().map(|line| letters(&line.text)).collect();
            prop_assert_eq!(kept, letters(&text));
        }
    }
}

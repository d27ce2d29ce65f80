//! What a printed document says, read back out of the file: how many pages, and the text of each.
//!
//! For files as `documents` writes them (ISO 32000-1): fonts by glyph, with a table back to Unicode, and streams that are
//! plain or deflated. A file that is made otherwise fails the test.

use std::{collections::BTreeMap, io::Read};

/// A file's objects by number: dictionary and stream.
type Objects = BTreeMap<u32, (String, Vec<u8>)>;
/// From a font's codes to text.
type Letters = BTreeMap<u16, String>;

/// The text of each page, one line for each piece that was written.
pub fn pdf_pages(file: &[u8]) -> Vec<Vec<String>> {
    assert!(file.starts_with(b"%PDF-"), "a PDF begins with its version");
    let objects = objects(file);
    let tree = objects.values().map(|(dictionary, _)| dictionary).find(|dictionary| has_type(dictionary, "Pages"));
    let pages = references(after(tree.expect("a tree of pages"), "/Kids"));
    pages.iter().map(|page| page_text(&objects, &objects[page].0)).collect()
}

fn page_text(objects: &Objects, page: &str) -> Vec<String> {
    let resources = after(page, "/Resources");
    let resources = if resources.starts_with("<<") { resources } else { &objects[&references(resources)[0]].0 };
    let fonts: BTreeMap<String, Letters> = after(resources, "/Font")
        .split_once(">>")
        .map(|(fonts, _)| fonts)
        .unwrap_or_default()
        .split('/')
        .filter_map(|font| font.split_once(' '))
        .map(|(name, font)| (name.to_owned(), letters(objects, &objects[&references(font)[0]].0)))
        .collect();
    written(&objects[&references(after(page, "/Contents"))[0]].1, &fonts)
}

/// The pieces of a page's content that are written between two moves of the pen.
fn written(content: &[u8], fonts: &BTreeMap<String, Letters>) -> Vec<String> {
    let none = Letters::new();
    let (mut lines, mut font, mut rest) = (Vec::new(), &none, content);
    let mut line = String::new();
    while let Some((first, tail)) = rest.split_first() {
        rest = match first {
            b'(' => literal(tail, &mut |codes| line.push_str(&decoded(codes, font))),
            // A dictionary beside the text.
            b'<' if tail.starts_with(b"<") => &tail[position(tail, b">>").expect("the end of a dictionary")..],
            b'<' => hexadecimal(tail, &mut |codes| line.push_str(&decoded(codes, font))),
            b'/' => {
                let name: String =
                    tail.iter().take_while(|byte| byte.is_ascii_alphanumeric()).map(|b| *b as char).collect();
                if let Some(letters) = fonts.get(&name) {
                    font = letters;
                }
                &tail[name.len()..]
            }
            b'E' if tail.starts_with(b"T") => {
                lines.push(std::mem::take(&mut line));
                tail
            }
            _ => tail,
        };
    }
    lines.retain(|line| !line.is_empty());
    lines
}

fn decoded(codes: &[u8], letters: &Letters) -> String {
    codes
        .chunks_exact(2)
        .map(|code| letters.get(&u16::from_be_bytes([code[0], code[1]])).map_or("?", String::as_str))
        .collect()
}

/// After `(`: up to its `)`, with escapes (section 7.3.4.2).
fn literal<'c>(content: &'c [u8], say: &mut dyn FnMut(&[u8])) -> &'c [u8] {
    let (mut bytes, mut depth, mut at) = (Vec::new(), 1, 0);
    while depth > 0 {
        match content[at] {
            b'\\' => {
                at += 1;
                let octal = content[at..].iter().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
                if octal > 0 {
                    let digits = content[at..at + octal].iter();
                    bytes.push(digits.fold(0_u32, |value, digit| value * 8 + u32::from(digit - b'0')) as u8);
                    at += octal - 1;
                } else {
                    let named = [(b'n', b'\n'), (b'r', b'\r'), (b't', b'\t'), (b'b', 8), (b'f', 12)];
                    let meant = named.iter().find(|(name, _)| *name == content[at]);
                    bytes.push(meant.map_or(content[at], |(_, byte)| *byte));
                }
            }
            b')' if depth == 1 => depth = 0,
            byte => {
                depth += i32::from(byte == b'(') - i32::from(byte == b')');
                bytes.push(byte);
            }
        }
        at += 1;
    }
    say(&bytes);
    &content[at..]
}

/// After `<`: up to its `>`.
fn hexadecimal<'c>(content: &'c [u8], say: &mut dyn FnMut(&[u8])) -> &'c [u8] {
    let end = content.iter().position(|byte| *byte == b'>').expect("the end of a string");
    let digits: Vec<u8> =
        content[..end].iter().filter_map(|byte| (*byte as char).to_digit(16)).map(|d| d as u8).collect();
    say(&digits.chunks(2).map(|pair| pair[0] * 16 + pair.get(1).unwrap_or(&0)).collect::<Vec<_>>());
    &content[end + 1..]
}

/// A font's table back to Unicode: pairs of a code and its text, and ranges of them (section 9.10.3).
fn letters(objects: &Objects, font: &str) -> Letters {
    let table = String::from_utf8_lossy(&objects[&references(after(font, "/ToUnicode"))[0]].1).into_owned();
    let mut letters = Letters::new();
    for part in table.split("beginbfchar").skip(1).filter_map(|part| part.split_once("endbfchar")) {
        let values = bracketed(part.0);
        for pair in values.chunks_exact(2) {
            letters.insert(code(&pair[0]), text(&pair[1]));
        }
    }
    assert!(!table.contains("beginbfrange"), "ranges are not read here");
    letters
}

fn bracketed(part: &str) -> Vec<String> {
    part.split('<').skip(1).filter_map(|value| value.split_once('>')).map(|(value, _)| value.to_owned()).collect()
}

fn code(digits: &str) -> u16 {
    u16::from_str_radix(digits, 16).expect("a code of two bytes")
}

fn text(digits: &str) -> String {
    let units: Vec<u16> = digits.as_bytes().chunks(4).map(|unit| code(&String::from_utf8_lossy(unit))).collect();
    String::from_utf16_lossy(&units)
}

fn has_type(dictionary: &str, name: &str) -> bool {
    after(dictionary, "/Type")
        .strip_prefix('/')
        .is_some_and(|rest| rest.split(['/', '>', '\n', ' ']).next() == Some(name))
}

/// What follows a key of a dictionary.
fn after<'d>(dictionary: &'d str, key: &str) -> &'d str {
    dictionary.split_once(key).map_or("", |(_, rest)| rest.trim_start())
}

/// `1 0 R`, or the first row of them.
fn references(value: &str) -> Vec<u32> {
    let value = value.trim_start_matches('[').split([']', '>', '/']).next().unwrap_or_default();
    value.split('R').filter_map(|reference| reference.split_whitespace().next()?.parse().ok()).collect()
}

/// Found by the table of offsets at the file's end (section 7.5.4), not by their words: a text may have the same ones.
fn objects(file: &[u8]) -> Objects {
    let end = file.len().saturating_sub(64);
    let table =
        &file[number(&file[end + position(&file[end..], b"startxref").expect("an offset of the table") + 9..])..];
    let count = number(&table[b"xref\n0 ".len()..]);
    let first = position(&table[7..], b"\n").expect("the first entry") + 8;
    let entries = table[first..].chunks_exact(20).take(count).enumerate();
    let used = entries.filter(|(_, entry)| entry[17] == b'n');
    used.map(|(object, entry)| (object as u32, object_at(&file[number(entry)..]))).collect()
}

fn object_at(body: &[u8]) -> (String, Vec<u8>) {
    let body = &body[position(body, b"obj").expect("an object") + 3..];
    let end = [position(body, b"stream"), position(body, b"endobj")].into_iter().flatten().min();
    let dictionary = String::from_utf8_lossy(&body[..end.expect("the end of an object")]).into_owned();
    let Some((_, length)) = dictionary.split_once("/Length ") else { return (dictionary, Vec::new()) };
    let begin = dictionary.len() + position(&body[dictionary.len()..], b"\n").expect("a line end") + 1;
    let stream = &body[begin..begin + number(length.as_bytes())];
    let stream = if dictionary.contains("/FlateDecode") { inflated(stream) } else { stream.to_vec() };
    (dictionary, stream)
}

/// The decimal digits that come next.
fn number(bytes: &[u8]) -> usize {
    let digits = bytes.iter().skip_while(|byte| byte.is_ascii_whitespace()).take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |value, digit| value * 10 + usize::from(digit - b'0'))
}

fn inflated(stream: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    flate2::read::ZlibDecoder::new(stream).read_to_end(&mut plain).expect("a deflated stream");
    plain
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

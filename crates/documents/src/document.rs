//! What stands in a document; values only.

use jiff::Timestamp;

/// Rows of a table that are printed at most: some 50 pages.
pub const MAX_ROWS: usize = 2_000;

/// Characters of a whole document at most, where a line break counts as a row.
pub const MAX_CHARS: usize = 500_000;

/// A document on A4, from top to bottom in the order of its fields. Line breaks in a text are kept; other control
/// characters become spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub title: String,
    /// Below the title: whose, or which number.
    pub subtitle: String,
    /// Stands in the file's metadata, to the second, in UTC.
    pub issued_at: Timestamp,
    pub facts: Vec<Fact>,
    pub table: Option<Table>,
    /// Below the table, on the right, in bold.
    pub sums: Vec<Fact>,
    /// Small, at the end.
    pub notes: Vec<String>,
}

impl Document {
    /// Nothing but a heading, to be filled.
    pub fn new(title: impl Into<String>, subtitle: impl Into<String>, issued_at: Timestamp) -> Self {
        Self {
            title: title.into(),
            subtitle: subtitle.into(),
            issued_at,
            facts: Vec::new(),
            table: None,
            sums: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Whether it is within [`MAX_ROWS`] and [`MAX_CHARS`].
    pub fn is_bounded(&self) -> bool {
        let rows = self.table.iter().flat_map(|table| &table.rows);
        let facts = self.facts.iter().chain(&self.sums);
        let texts = [&self.title, &self.subtitle]
            .into_iter()
            .chain(facts.flat_map(|fact| [&fact.label, &fact.value]))
            .chain(&self.notes)
            .chain(rows.clone().flatten());
        rows.count() <= MAX_ROWS
            && self.facts.len() + self.sums.len() + self.notes.len() <= MAX_ROWS
            && texts.clone().map(|text| text.matches('\n').count()).sum::<usize>() <= MAX_ROWS
            && texts.map(|text| text.chars().count()).sum::<usize>() <= MAX_CHARS
    }
}

/// A name and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub label: String,
    pub value: String,
}

impl Fact {
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    /// For figures, which have equal widths.
    Right,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub title: String,
    pub align: Align,
    /// In proportion to the other columns of its table.
    pub share: u8,
}

impl Column {
    pub fn left(title: impl Into<String>, share: u8) -> Self {
        Self { title: title.into(), align: Align::Left, share }
    }

    pub fn right(title: impl Into<String>, share: u8) -> Self {
        Self { title: title.into(), align: Align::Right, share }
    }
}

/// Rows below titles, which are repeated on every page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// Every row has as many cells as there are columns.
    pub fn new<const N: usize>(columns: [Column; N], rows: impl IntoIterator<Item = [String; N]>) -> Self {
        Self { columns: columns.into(), rows: rows.into_iter().map(Vec::from).collect() }
    }
}

//! Where everything stands on the pages. Lengths are points; x grows to the right, y downwards.

use crate::{Align, Column, Document, Fact, Table, font::Shaped, pdf::Fonts, text::lines};

/// A4.
pub const WIDTH: f32 = 595.28;
pub const HEIGHT: f32 = 841.89;
const MARGIN: f32 = 50.0;
const RIGHT: f32 = WIDTH - MARGIN;
/// Below it stands the footer.
const BOTTOM: f32 = HEIGHT - 70.0;
const FOOTER: f32 = HEIGHT - 40.0;

const TITLE: f32 = 18.0;
const BODY: f32 = 9.0;
const SMALL: f32 = 7.5;
/// Between two lines, in units of the size.
const LEADING: f32 = 1.35;
const LABELS: f32 = 120.0;
/// Between two columns.
const GUTTER: f32 = 8.0;
/// A row of so many lines or fewer stays together.
const TOGETHER: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    Regular,
    Bold,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    Black,
    Grey,
    Light,
}

#[derive(Debug)]
pub enum Mark {
    /// `y` is the line the letters stand on.
    Text {
        x: f32,
        y: f32,
        size: f32,
        weight: Weight,
        ink: Ink,
        line: Shaped,
    },
    Rule {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        ink: Ink,
    },
}

#[derive(Debug, Default)]
pub struct Page {
    pub marks: Vec<Mark>,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
struct Style {
    size: f32,
    weight: Weight,
    ink: Ink,
}

const PLAIN: Style = Style { size: BODY, weight: Weight::Regular, ink: Ink::Black };
const STRONG: Style = Style { size: BODY, weight: Weight::Bold, ink: Ink::Black };
const CELL: Style = Style { size: SMALL, weight: Weight::Regular, ink: Ink::Black };
const CELL_TITLE: Style = Style { size: SMALL, weight: Weight::Bold, ink: Ink::Black };
const LABEL: Style = Style { size: BODY, weight: Weight::Regular, ink: Ink::Grey };
const NOTE: Style = Style { size: SMALL, weight: Weight::Regular, ink: Ink::Grey };
const HEADING: Style = Style { size: TITLE, weight: Weight::Bold, ink: Ink::Black };
const SUBHEADING: Style = Style { size: 10.0, weight: Weight::Regular, ink: Ink::Grey };

/// A span of a line, from left to right.
#[derive(Debug, Clone, Copy)]
struct Place {
    x: f32,
    width: f32,
    align: Align,
}

/// The document's pages: at least one.
pub fn lay_out(document: &Document, fonts: &mut Fonts) -> Vec<Page> {
    let mut pen = Pen { fonts, pages: vec![Page::default()], y: MARGIN };
    let whole = Place { x: MARGIN, width: RIGHT - MARGIN, align: Align::Left };
    pen.paragraph(&document.title, HEADING, whole);
    if !document.subtitle.is_empty() {
        pen.paragraph(&document.subtitle, SUBHEADING, whole);
    }
    pen.skip(14.0);
    pen.facts(&document.facts);
    if let Some(table) = &document.table {
        pen.skip(12.0);
        pen.table(table);
    }
    pen.sums(&document.sums);
    if !document.notes.is_empty() {
        pen.skip(16.0);
    }
    for note in &document.notes {
        pen.paragraph(note, NOTE, whole);
        pen.skip(3.0);
    }
    pen.footers(document);
    pen.pages
}

struct Pen<'f> {
    fonts: &'f mut Fonts,
    pages: Vec<Page>,
    /// The top of what comes next, on the last page.
    y: f32,
}

impl Pen<'_> {
    fn skip(&mut self, height: f32) {
        self.y += height;
    }

    fn has_room(&self, height: f32) -> bool {
        self.y + height <= BOTTOM
    }

    fn turn(&mut self) {
        self.pages.push(Page::default());
        self.y = MARGIN;
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.marks.push(mark);
        }
    }

    fn lines(&mut self, text: &str, style: Style, width: f32) -> Vec<Shaped> {
        lines(self.fonts.of(style.weight), text, style.size, width)
    }

    /// One line whose top is at the pen.
    fn write(&mut self, line: Shaped, style: Style, place: Place) {
        let Style { size, weight, ink } = style;
        let free = place.width - line.width * size;
        let x = match place.align {
            Align::Left => place.x,
            Align::Right => place.x + free,
        };
        self.mark(Mark::Text { x, y: self.y + size, size, weight, ink, line });
    }

    fn paragraph(&mut self, text: &str, style: Style, place: Place) {
        for line in self.lines(text, style, place.width) {
            if !self.has_room(style.size * LEADING) {
                self.turn();
            }
            self.write(line, style, place);
            self.skip(style.size * LEADING);
        }
    }

    fn facts(&mut self, facts: &[Fact]) {
        let label = Place { x: MARGIN, width: LABELS - GUTTER, align: Align::Left };
        let value = Place { x: MARGIN + LABELS, width: RIGHT - MARGIN - LABELS, align: Align::Left };
        for fact in facts {
            let cells = [(fact.label.as_str(), LABEL, label), (fact.value.as_str(), PLAIN, value)];
            self.row(&cells, |_| {});
        }
    }

    fn sums(&mut self, sums: &[Fact]) {
        let label = Place { x: MARGIN, width: 330.0, align: Align::Right };
        let value = Place { x: MARGIN + 338.0, width: RIGHT - MARGIN - 338.0, align: Align::Right };
        for sum in sums {
            self.skip(4.0);
            let cells = [(sum.label.as_str(), LABEL, label), (sum.value.as_str(), STRONG, value)];
            self.row(&cells, |_| {});
        }
    }

    fn table(&mut self, table: &Table) {
        let places = places(&table.columns);
        if !self.has_room(4.0 * SMALL * LEADING) {
            self.turn();
        }
        self.titles(&table.columns, &places);
        for row in &table.rows {
            let cells: Vec<_> = row.iter().zip(&places).map(|(text, place)| (text.as_str(), CELL, *place)).collect();
            self.row(&cells, |pen| pen.titles(&table.columns, &places));
            self.rule(Ink::Light, 0.4);
            self.skip(2.0);
        }
    }

    fn titles(&mut self, columns: &[Column], places: &[Place]) {
        let titles: Vec<_> =
            columns.iter().zip(places).map(|(column, place)| (column.title.as_str(), CELL_TITLE, *place)).collect();
        self.row(&titles, |_| {});
        self.rule(Ink::Black, 0.8);
        self.skip(3.0);
    }

    fn rule(&mut self, ink: Ink, height: f32) {
        let (x, y, width) = (MARGIN, self.y, RIGHT - MARGIN);
        self.mark(Mark::Rule { x, y, width, height, ink });
    }

    /// Texts side by side. `turned` writes what begins a page that the row had to turn to.
    fn row(&mut self, cells: &[(&str, Style, Place)], turned: impl Fn(&mut Self)) {
        let mut columns: Vec<_> = cells
            .iter()
            .map(|(text, style, place)| (self.lines(text, *style, place.width).into_iter(), *style, *place))
            .collect();
        let count = columns.iter().map(|(lines, ..)| lines.len()).max().unwrap_or(0);
        let height = cells.iter().map(|(_, style, _)| style.size).fold(0.0, f32::max) * LEADING;
        for number in 0..count {
            // What stays together is looked at before its first line; a longer row is broken where the page ends.
            let wanted = if number == 0 && count <= TOGETHER { count } else { 1 };
            if !self.has_room(wanted as f32 * height) {
                self.turn();
                turned(self);
            }
            for (lines, style, place) in &mut columns {
                if let Some(line) = lines.next() {
                    self.write(line, *style, *place);
                }
            }
            self.skip(height);
        }
    }

    /// On every page, once it is known how many there are.
    fn footers(&mut self, document: &Document) {
        let count = self.pages.len();
        let name = if document.subtitle.is_empty() { &document.title } else { &document.subtitle };
        let left = Place { x: MARGIN, width: 380.0, align: Align::Left };
        let right = Place { x: MARGIN + 390.0, width: RIGHT - MARGIN - 390.0, align: Align::Right };
        for index in 0..count {
            let number = format!("Page {} of {count}", index + 1);
            for (text, place) in [(name.as_str(), left), (number.as_str(), right)] {
                // A long name is not worth a second line here.
                let Some(line) = self.lines(text, NOTE, place.width).into_iter().next() else { continue };
                let free = if place.align == Align::Right { place.width - line.width * SMALL } else { 0.0 };
                let Style { size, weight, ink } = NOTE;
                let mark = Mark::Text { x: place.x + free, y: FOOTER, size, weight, ink, line };
                if let Some(page) = self.pages.get_mut(index) {
                    page.marks.push(mark);
                }
            }
        }
    }
}

/// The columns side by side over the whole width, each as wide as its share.
fn places(columns: &[Column]) -> Vec<Place> {
    let shares: f32 = columns.iter().map(|column| f32::from(column.share)).sum();
    let width = RIGHT - MARGIN;
    let mut x = MARGIN;
    let place = |column: &Column| {
        let whole = width * f32::from(column.share) / shares.max(1.0);
        let place = Place { x, width: (whole - GUTTER).max(1.0), align: column.align };
        x += whole;
        place
    };
    let mut places: Vec<_> = columns.iter().map(place).collect();
    // The last column needs no gutter; figures end with the rules.
    if let Some(last) = places.last_mut() {
        last.width = RIGHT - last.x;
    }
    places
}

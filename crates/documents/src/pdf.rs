//! Pages as a file.

use bytes::Bytes;
use jiff::{Timestamp, tz::TimeZone};
use krilla::{
    color::rgb,
    geom::{PathBuilder, Point, Rect},
    metadata::{DateTime, Metadata},
    page::PageSettings,
    paint::{Fill, FillRule},
    surface::Surface,
};

use crate::{
    Document, PrintError,
    font::Face,
    layout::{HEIGHT, Ink, Mark, Page, WIDTH, Weight, lay_out},
};

/// Both weights of the font.
pub struct Fonts {
    pub regular: Face,
    pub bold: Face,
}

impl Fonts {
    pub fn new() -> Result<Self, PrintError> {
        Ok(Self { regular: Face::regular()?, bold: Face::bold()? })
    }

    pub fn of(&mut self, weight: Weight) -> &mut Face {
        match weight {
            Weight::Regular => &mut self.regular,
            Weight::Bold => &mut self.bold,
        }
    }
}

pub fn print(document: &Document) -> Result<Bytes, PrintError> {
    let mut fonts = Fonts::new()?;
    let pages = lay_out(document, &mut fonts);
    let mut file = krilla::Document::new();
    file.set_metadata(metadata(document));
    let failed = |error: &dyn std::fmt::Debug| PrintError::Failed(format!("{error:?}"));
    for page in &pages {
        let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(|| failed(&"the page has no size"))?;
        let mut sheet = file.start_page_with(settings);
        let mut surface = sheet.surface();
        draw(&mut surface, &mut fonts, page);
        surface.finish();
        sheet.finish();
    }
    Ok(Bytes::from(file.finish().map_err(|error| failed(&error))?))
}

fn metadata(document: &Document) -> Metadata {
    let title = if document.subtitle.is_empty() {
        document.title.clone()
    } else {
        format!("{} {}", document.title, document.subtitle)
    };
    Metadata::new()
        .title(title)
        .creator("Roomtone".to_owned())
        .language("en".to_owned())
        .creation_date(date(document.issued_at))
}

fn date(instant: Timestamp) -> DateTime {
    let at = instant.to_zoned(TimeZone::UTC);
    // No part of a civil time is negative but the year, and files have none before the year 0.
    let part = |value: i8| value.unsigned_abs();
    DateTime::new(at.year().max(0).unsigned_abs())
        .month(part(at.month()))
        .day(part(at.day()))
        .hour(part(at.hour()))
        .minute(part(at.minute()))
        .second(part(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

fn draw(surface: &mut Surface<'_>, fonts: &mut Fonts, page: &Page) {
    for mark in &page.marks {
        match mark {
            Mark::Text { x, y, size, weight, ink, line } => {
                surface.set_fill(Some(fill(*ink)));
                let font = fonts.of(*weight).font.clone();
                surface.draw_glyphs(Point::from_xy(*x, *y), &line.glyphs, font, &line.text, *size, false);
            }
            Mark::Rule { x, y, width, height, ink } => {
                let mut path = PathBuilder::new();
                if let Some(rect) = Rect::from_xywh(*x, *y, *width, *height) {
                    path.push_rect(rect);
                }
                if let Some(path) = path.finish() {
                    surface.set_fill(Some(fill(*ink)));
                    surface.draw_path(&path);
                }
            }
        }
    }
}

fn fill(ink: Ink) -> Fill {
    let grey = match ink {
        Ink::Black => 20,
        Ink::Grey => 100,
        Ink::Light => 205,
    };
    Fill { paint: rgb::Color::new(grey, grey, grey).into(), rule: FillRule::NonZero, ..Fill::default() }
}

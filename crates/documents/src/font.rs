//! The fonts inside, and text as their glyphs. DejaVu Sans Condensed has Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew and Arabic;
//! what it does not have is printed as an empty box, and can still be copied out of the file.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, Script, ShapePlan, UnicodeBuffer};

use crate::PrintError;

/// A text as glyphs of one face; lengths in units of the size it will be printed at.
#[derive(Debug, Clone)]
pub struct Shaped {
    pub text: String,
    pub glyphs: Vec<KrillaGlyph>,
    pub width: f32,
}

/// One weight of the font.
pub struct Face {
    pub font: Font,
    shaper: rustybuzz::Face<'static>,
    /// Making a plan costs more than shaping a word by it.
    plans: Vec<(Direction, Script, ShapePlan)>,
}

impl Face {
    pub fn regular() -> Result<Self, PrintError> {
        Self::of(dejavu::sans_condensed::regular())
    }

    pub fn bold() -> Result<Self, PrintError> {
        Self::of(dejavu::sans_condensed::bold())
    }

    fn of(content: &'static [u8]) -> Result<Self, PrintError> {
        let unreadable = || PrintError::Failed("a font cannot be read".to_owned());
        Ok(Self {
            font: Font::new(content.into(), 0).ok_or_else(unreadable)?,
            shaper: rustybuzz::Face::from_slice(content, 0).ok_or_else(unreadable)?,
            plans: Vec::new(),
        })
    }

    /// A line of text in glyphs. Its direction is that of its first letters: a line is not mixed of both.
    pub fn shape(&mut self, text: &str) -> Shaped {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        let plan = plan(&mut self.plans, &self.shaper, buffer.direction(), buffer.script());
        let shaped = rustybuzz::shape_with_plan(&self.shaper, plan, buffer);
        let mut starts: Vec<usize> = shaped.glyph_infos().iter().map(|info| info.cluster as usize).collect();
        starts.sort_unstable();
        let em = self.font.units_per_em();
        let glyphs: Vec<KrillaGlyph> = shaped
            .glyph_infos()
            .iter()
            .zip(shaped.glyph_positions())
            .map(|(info, position)| {
                let start = info.cluster as usize;
                let next = starts.partition_point(|other| *other <= start);
                let end = starts.get(next).copied().unwrap_or(text.len());
                let scaled = |length: i32| length as f32 / em;
                KrillaGlyph::new(
                    GlyphId::new(info.glyph_id),
                    scaled(position.x_advance),
                    scaled(position.x_offset),
                    scaled(position.y_offset),
                    scaled(position.y_advance),
                    start..end,
                    None,
                )
            })
            .collect();
        let width = glyphs.iter().map(|glyph| glyph.x_advance).sum();
        Shaped { text: text.to_owned(), glyphs, width }
    }
}

fn plan<'p>(
    plans: &'p mut Vec<(Direction, Script, ShapePlan)>,
    shaper: &rustybuzz::Face<'_>,
    direction: Direction,
    script: Script,
) -> &'p ShapePlan {
    let known = plans.iter().position(|(of, with, _)| (*of, *with) == (direction, script));
    let place = known.unwrap_or(plans.len());
    if known.is_none() {
        plans.push((direction, script, ShapePlan::new(shaper, direction, Some(script), None, &[])));
    }
    &plans[place].2
}

//! Whether a JPEG is whole (ITU T.81, annex B): decoders make do with half of one.

const END_OF_IMAGE: u8 = 0xD9;
const START_OF_SCAN: u8 = 0xDA;

/// True when the markers lead to an end of image. Walking them, and not looking for the end's two bytes, keeps a
/// thumbnail inside the EXIF data from passing for the end of the picture.
pub(super) fn is_complete(content: &[u8]) -> bool {
    // After the start of image.
    let mut at = 2;
    loop {
        match marker_at(content, at) {
            None => return false,
            Some((END_OF_IMAGE, _)) => return true,
            Some((marker, after)) if has_no_length(marker) => at = after,
            Some((marker, after)) => {
                let Some(length) = content.get(after..after + 2) else { return false };
                let end = after + usize::from(u16::from_be_bytes([length[0], length[1]]));
                at = if marker == START_OF_SCAN { end_of_scan(content, end) } else { end };
            }
        }
    }
}

/// The marker that begins here, and where it ends; any number of fill bytes may stand before it.
fn marker_at(content: &[u8], at: usize) -> Option<(u8, usize)> {
    if *content.get(at)? != 0xFF {
        return None;
    }
    let fill = content[at..].iter().take_while(|byte| **byte == 0xFF).count();
    Some((*content.get(at + fill)?, at + fill + 1))
}

/// TEM, and the restart and start markers.
fn has_no_length(marker: u8) -> bool {
    matches!(marker, 0x01 | 0xD0..=0xD8)
}

/// Where the coded data ends: at the next marker that is neither a stuffed zero nor a restart.
fn end_of_scan(content: &[u8], from: usize) -> usize {
    let is_marker = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xFF | 0xD0..=0xD7);
    let data = content.get(from..).unwrap_or_default();
    data.windows(2).position(is_marker).map_or(content.len(), |offset| from + offset)
}

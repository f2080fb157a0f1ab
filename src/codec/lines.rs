//! `lines`: bytes up to and with a line feed. A carriage return before it belongs to the ending, not to the line, so that LF and CRLF both work.
//!
//! ```text
//!  ┌──────────────── line (at most max, with its CR) ────┬────┐
//!  │  h  e  l  l  o                                 [CR] │ LF │
//!  └─────────────────────────────────────────────────────┴────┘
//! ```
//! Lines are bytes: nothing here asks for UTF-8. What was received is answered as it came, ending and all.

use memchr::memchr;

use super::{Cut, FrameFault, Progress};
use crate::settings::LineSettings;

/// Cuts one read.
pub(super) fn cut(rules: LineSettings, progress: &mut Progress, data: &[u8]) -> Cut {
    let mut cut = Cut::default();
    let mut open = match *progress {
        Progress::Line { got } => got,
        _ => 0,
    };
    while cut.end < data.len() {
        let rest = &data[cut.end..];
        let (length, ended) = match memchr(b'\n', rest) {
            Some(place) => (open + place as u64, true),
            None => (open + rest.len() as u64, false),
        };
        if length > rules.max {
            cut.fault = Some(FrameFault::TooLarge { announced: length, max: rules.max });
            return cut;
        }
        if !ended {
            *progress = Progress::Line { got: length };
            return cut;
        }
        #[expect(clippy::cast_possible_truncation, reason = "a place in `rest`")]
        let line = (length - open) as usize + 1;
        cut.end += line;
        cut.frames += 1;
        if open > 0 {
            cut.seam = line;
        }
        open = 0;
        *progress = Progress::Border;
    }
    cut
}

/// Appends `payload` and a line feed.
pub(super) fn encode(rules: LineSettings, payload: &[u8], out: &mut Vec<u8>) -> Result<(), FrameFault> {
    let announced = payload.len() as u64;
    if announced > rules.max {
        return Err(FrameFault::TooLarge { announced, max: rules.max });
    }
    if memchr(b'\n', payload).is_some() {
        return Err(FrameFault::LineFeed);
    }
    out.extend_from_slice(payload);
    out.push(b'\n');
    Ok(())
}

/// A line without its ending.
pub(super) fn payload(frame: &[u8]) -> &[u8] {
    let line = frame.strip_suffix(b"\n").unwrap_or(frame);
    line.strip_suffix(b"\r").unwrap_or(line)
}

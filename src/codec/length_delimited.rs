//! `length-delimited`: the wire of most binary protocols, and of tokio-util's `LengthDelimitedCodec`, with which this one agrees.
//!
//! ```text
//!  0        offset        header                          header + payload
//!  ├──────────┼──────────────┼──────────────────────────────┤
//!  │  offset  │    length    │           payload            │
//!  └──────────┴──────────────┴──────────────────────────────┘
//!   0–64 bytes  1,2,3,4,8 bytes, big or little endian
//!
//!  length = payload                     (length_includes_header = false)
//!  length = offset + length + payload   (length_includes_header = true)
//! ```
//! The maximum is of the payload. Offset bytes belong to the frame and are answered with it; they mean nothing here.

use super::{Cut, FrameFault, Progress};
use crate::settings::FrameSettings;

/// Cuts one read.
pub(super) fn cut(rules: &FrameSettings, progress: &mut Progress, data: &[u8]) -> Cut {
    let mut cut = Cut::default();
    let mut at = 0;
    if progress.in_frame() {
        match advance(rules, progress, data) {
            Ok(Some(end)) => (at, cut.end, cut.seam, cut.frames) = (end, end, end, 1),
            Ok(None) => return cut,
            Err(fault) => return Cut { fault: Some(fault), ..cut },
        }
    }
    // One match for the whole run, so that the loop inside knows its width.
    let rest = &data[at..];
    let run = match (rules.length_bytes, rules.big_endian) {
        (4, true) => whole_frames::<4, true>(rules, rest),
        (4, false) => whole_frames::<4, false>(rules, rest),
        (1, _) => whole_frames::<1, true>(rules, rest),
        (2, true) => whole_frames::<2, true>(rules, rest),
        (2, false) => whole_frames::<2, false>(rules, rest),
        (3, true) => whole_frames::<3, true>(rules, rest),
        (3, false) => whole_frames::<3, false>(rules, rest),
        (_, true) => whole_frames::<8, true>(rules, rest),
        (_, false) => whole_frames::<8, false>(rules, rest),
    };
    cut.end += run.end;
    cut.frames += run.frames;
    cut.fault = run.fault;
    if cut.fault.is_none() && cut.end < data.len() {
        // Behind the run stands the beginning of one frame, which does not end in this read.
        cut.fault = advance(rules, progress, &data[cut.end..]).err();
    }
    cut
}

/// Appends `payload` as a frame; offset bytes are zero.
pub(super) fn encode(rules: &FrameSettings, payload: &[u8], out: &mut Vec<u8>) -> Result<(), FrameFault> {
    let length = payload.len() as u64;
    let counted = if rules.length_includes_header { rules.header_len() as u64 } else { 0 };
    let max = rules.max.min(most(rules).saturating_sub(counted));
    if length > max {
        return Err(FrameFault::TooLarge { announced: length, max });
    }
    let announced = length + counted;
    let width = usize::from(rules.length_bytes);
    out.resize(out.len() + usize::from(rules.length_offset), 0);
    if rules.big_endian {
        out.extend_from_slice(&announced.to_be_bytes()[8 - width..]);
    } else {
        out.extend_from_slice(&announced.to_le_bytes()[..width]);
    }
    out.extend_from_slice(payload);
    Ok(())
}

/// The greatest length that the field can hold.
fn most(rules: &FrameSettings) -> u64 {
    u64::MAX >> (64 - 8 * u32::from(rules.length_bytes))
}

/// Payload bytes for an announced length, or why it cannot be.
#[inline]
pub(super) fn payload_len(rules: &FrameSettings, announced: u64) -> Result<u64, FrameFault> {
    let payload = if rules.length_includes_header {
        let header = rules.header_len() as u64;
        announced.checked_sub(header).ok_or(FrameFault::BadLength { announced, header })?
    } else {
        announced
    };
    if payload > rules.max {
        Err(FrameFault::TooLarge { announced: payload, max: rules.max })
    } else {
        Ok(payload)
    }
}

/// The length field at the start of `bytes`.
#[inline]
pub(super) fn read_length<const WIDTH: usize, const BIG: bool>(bytes: &[u8]) -> u64 {
    let mut wide = [0; 8];
    if BIG {
        wide[8 - WIDTH..].copy_from_slice(&bytes[..WIDTH]);
        u64::from_be_bytes(wide)
    } else {
        wide[..WIDTH].copy_from_slice(&bytes[..WIDTH]);
        u64::from_le_bytes(wide)
    }
}

/// What the length field `bytes` says, of any width up to eight.
pub(super) fn length_of(big_endian: bool, bytes: &[u8]) -> u64 {
    (0..).zip(bytes).fold(0, |length, (place, byte)| with_byte(big_endian, length, place, *byte))
}

/// A length of which `place` bytes are known, with the next one.
#[inline]
fn with_byte(big_endian: bool, length: u64, place: u8, byte: u8) -> u64 {
    if big_endian { length << 8 | u64::from(byte) } else { length | u64::from(byte) << (8 * place) }
}

/// The run of whole frames at the start of `data`, which begins at a border.
#[inline]
fn whole_frames<const WIDTH: usize, const BIG: bool>(rules: &FrameSettings, data: &[u8]) -> Cut {
    let offset = usize::from(rules.length_offset);
    let header = offset + WIDTH;
    let mut cut = Cut::default();
    while data.len() - cut.end >= header {
        let announced = read_length::<WIDTH, BIG>(&data[cut.end + offset..]);
        let payload = match payload_len(rules, announced) {
            Ok(payload) => payload,
            Err(fault) => return Cut { fault: Some(fault), ..cut },
        };
        let room = (data.len() - cut.end - header) as u64;
        if payload > room {
            break;
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most `room`, which is a usize")]
        let frame = header + payload as usize;
        cut.end += frame;
        cut.frames += 1;
    }
    cut
}

/// Goes on with one frame, from wherever `progress` is in it. `Ok(Some(end))` when it ends in `data`.
fn advance(rules: &FrameSettings, progress: &mut Progress, data: &[u8]) -> Result<Option<usize>, FrameFault> {
    let header_bytes = take_header(rules, progress, data)?;
    let Progress::Body { missing } = *progress else { return Ok(None) };
    let body = &data[header_bytes..];
    if missing > body.len() as u64 {
        *progress = Progress::Body { missing: missing - body.len() as u64 };
        return Ok(None);
    }
    *progress = Progress::Border;
    #[expect(clippy::cast_possible_truncation, reason = "at most the length of `body`")]
    Ok(Some(header_bytes + missing as usize))
}

/// Takes the header bytes that are still missing from `data` and says how many they were. `progress` is then `Body`, or
/// still `Header` when there were too few.
fn take_header(rules: &FrameSettings, progress: &mut Progress, data: &[u8]) -> Result<usize, FrameFault> {
    let (mut got, mut length) = match *progress {
        Progress::Header { got, length } => (got, length),
        Progress::Body { .. } => return Ok(0),
        Progress::Border | Progress::Line { .. } => (0, 0),
    };
    let header = rules.length_offset + rules.length_bytes;
    let taken = data.len().min(usize::from(header - got));
    for byte in &data[..taken] {
        if got >= rules.length_offset {
            length = with_byte(rules.big_endian, length, got - rules.length_offset, *byte);
        }
        got += 1;
    }
    *progress = if got < header {
        Progress::Header { got, length }
    } else {
        Progress::Body { missing: payload_len(rules, length)? }
    };
    Ok(taken)
}

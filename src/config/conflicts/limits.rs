//! Limits of which one makes another impossible to reach.
//!
//! Not here, since both still mean something together: a read rate at which a long frame takes longer than its deadline (the clock stands
//! still while we do not read), clocks of different lengths (the shorter one wins), a
//! cap for one address above the cap of its listener, listeners whose caps add up to more than the process's,
//! and a default above the process's total (which holds anyway).

use super::super::kind::{Kind, Value};
use super::super::options::listener::{BYTES, LENGTH_DELIMITED};
use super::super::place::Place;
use super::{Conflict, Listener, number};

pub(super) fn find(listener: &Listener<'_>) -> Vec<Conflict> {
    let found = [expressible(listener), outbox_holds_frame(listener), process_holds_frame(listener)];
    let more =
        [process_holds_outbox(listener), process_holds_sessions(listener), drops_without_borders(listener)];
    found.into_iter().chain(more).flatten().collect()
}

/// The length field can name the longest frame.
fn expressible(listener: &Listener<'_>) -> Option<Conflict> {
    let (_, LENGTH_DELIMITED) = listener.codec()? else { return None };
    let (max, width) = (listener.entry("frame.max")?, listener.entry("frame.length_bytes")?);
    let offset = listener.entry("frame.length_offset").map_or(0, number);
    let header = match listener.entry("frame.length_includes_header")?.value {
        Value::Switch(true) => offset + number(width),
        _ => 0,
    };
    let bits = u32::try_from(number(width) * 8).unwrap_or(64);
    let largest = 1_u64.checked_shl(bits).map_or(u64::MAX, |beyond| beyond - 1).saturating_sub(header);
    if number(max) <= largest {
        return None;
    }
    let remedy = match largest {
        0 => "raise frame.length_bytes: the header alone is more than it can say".into(),
        _ => format!("lower frame.max to \"{}\" or raise frame.length_bytes", size(largest)),
    };
    Some(Conflict::of_two(
        max,
        width,
        |max, width| format!("{max} is more than the length can say with {width}"),
        remedy,
    ))
}

/// An outbox has room for the longest frame.
fn outbox_holds_frame(listener: &Listener<'_>) -> Option<Conflict> {
    let (max, bytes) = (framed(listener)?, listener.entry("outbox.bytes")?);
    (number(max) > number(bytes)).then(|| {
        let what = |bytes: &str, max: &str| format!("{bytes} holds less than the longest frame, {max}");
        Conflict::of_two(
            bytes,
            max,
            what,
            format!("raise outbox.bytes to \"{}\" or lower frame.max", size(number(max))),
        )
    })
}

/// The process has room for one unfinished frame.
fn process_holds_frame(listener: &Listener<'_>) -> Option<Conflict> {
    let (max, total) = (framed(listener)?, listener.effective.find("limits.partial_frames")?);
    (number(max) > number(total)).then(|| {
        let what = |total: &str, max: &str| format!("{total} holds less than the longest frame, {max}");
        Conflict::of_two(
            total,
            max,
            what,
            format!("raise limits.partial_frames to \"{}\" or lower frame.max", size(number(max))),
        )
    })
}

/// The process has room for one full outbox.
fn process_holds_outbox(listener: &Listener<'_>) -> Option<Conflict> {
    let (bytes, total) = (listener.entry("outbox.bytes")?, listener.effective.find("limits.queued")?);
    (number(bytes) > number(total)).then(|| {
        let what = |total: &str, bytes: &str| format!("{total} holds less than one outbox, {bytes}");
        Conflict::of_two(
            total,
            bytes,
            what,
            format!("raise limits.queued to \"{}\" or lower outbox.bytes", size(number(bytes))),
        )
    })
}

/// A listener's sessions that were written down fit in the process's.
fn process_holds_sessions(listener: &Listener<'_>) -> Option<Conflict> {
    let (own, total) = (listener.entry("limits.sessions")?, listener.effective.find("limits.sessions")?);
    let reachable =
        total.value == Value::Absent || own.place == Place::BuiltIn || number(own) <= number(total);
    (!reachable).then(|| {
        let what =
            |own: &str, total: &str| format!("the listener's {own} is more than the process's {total}");
        Conflict::of_two(own, total, what, "lower the listener's, or raise the process's")
    })
}

/// What has no borders cannot be dropped piece by piece.
fn drops_without_borders(listener: &Listener<'_>) -> Option<Conflict> {
    let ((codec, BYTES), when_full) = (listener.codec()?, listener.entry("outbox.when_full")?) else {
        return None;
    };
    let drops = matches!(&when_full.value, Value::Text(word) if word.starts_with("drop-"));
    drops.then(|| {
        let what = |when_full: &str, codec: &str| {
            format!("{when_full} drops frames, and with {codec} there are none")
        };
        Conflict::of_two(when_full, codec, what, "write \"block\" or \"disconnect\", or choose another codec")
    })
}

/// `frame.max`, where there are frames.
fn framed<'a>(listener: &Listener<'a>) -> Option<&'a super::Entry> {
    let (_, codec) = listener.codec()?;
    if codec == BYTES { None } else { listener.entry("frame.max") }
}

pub(super) fn size(bytes: u64) -> String {
    Kind::Size(0, u64::MAX).show(&Value::Number(bytes))
}

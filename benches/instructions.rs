//! Work for an instruction counter: `instructions SCENARIO TURNS` does one scenario that many times. It measures nothing itself.
//!
//! `make bench-instructions` runs each scenario twice under valgrind, the second time with more turns, so that what both runs
//! share cancels out, and compares the instructions of one turn with those kept in `benches/instructions.json`.

use std::hint::black_box;
use std::io::Write;

use oread::codec::{Codec, Progress};
use oread::outbox::{Outbox, OutboxRules};
use oread::settings::{CodecSettings, FrameSettings, LineSettings, OutboxSettings, WhenFull};
use oread::tick::Tick;

/// A name, and what makes one turn.
type Scenario = (&'static str, fn() -> Box<dyn FnMut()>);

const SCENARIOS: &[Scenario] = &[
    ("cut 1 length-delimited frame of 64 B", || cut(&length_delimited(), 1, 64, usize::MAX)),
    ("cut 32 length-delimited frames of 64 B", || cut(&length_delimited(), 32, 64, usize::MAX)),
    ("cut 32 length-delimited frames of 64 B, read 7 B at a time", || cut(&length_delimited(), 32, 64, 7)),
    ("cut 1 length-delimited frame of 64 KiB", || cut(&length_delimited(), 1, 65_536, usize::MAX)),
    ("cut 32 lines of 64 B", || cut(&lines(), 32, 64, usize::MAX)),
    ("cut 2 KiB of bytes", || cut(&CodecSettings::Bytes, 32, 64, usize::MAX)),
    ("walk 32 length-delimited frames of 64 B", walk),
    ("encode a length-delimited frame of 64 B", encode),
    ("queue 32 frames of 64 B and send them", || outbox(WhenFull::Block, 32, 32 * 68)),
    ("queue 32 frames of 64 B and send them 100 B at a time", || outbox(WhenFull::Block, 32, 100)),
    ("queue 288 frames of 64 B, the last 32 in place of the oldest", || {
        outbox(WhenFull::DropOldest, 288, 32 * 68)
    }),
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let turns = words.get(1).and_then(|turns| turns.parse::<u32>().ok());
    match (SCENARIOS.iter().find(|scenario| words.first().is_some_and(|name| name == scenario.0)), turns) {
        (Some((_, make)), Some(turns)) => {
            let mut turn = make();
            (0..turns).for_each(|_| turn());
        }
        _ => list(),
    }
}

fn list() {
    let mut out = std::io::stdout().lock();
    for (name, _) in SCENARIOS {
        let _reader_left = writeln!(out, "{name}");
    }
}

fn length_delimited() -> CodecSettings {
    CodecSettings::LengthDelimited(FrameSettings::default())
}

fn lines() -> CodecSettings {
    CodecSettings::Lines(LineSettings::default())
}

/// `count` frames of `size` bytes as they go over the wire.
fn wire(codec: &Codec, count: usize, size: usize) -> Vec<u8> {
    let mut wire = Vec::new();
    for _ in 0..count {
        assert!(
            codec.encode(&vec![b'x'; size], &mut wire).is_ok(),
            "the scenario's frames fit the codec's limit"
        );
    }
    wire
}

fn cut(settings: &CodecSettings, count: usize, size: usize, read: usize) -> Box<dyn FnMut()> {
    let codec = Codec::new(settings);
    let wire = wire(&codec, count, size);
    Box::new(move || {
        let mut progress = Progress::Border;
        for data in wire.chunks(read.min(wire.len())) {
            black_box(black_box(&codec).cut(&mut progress, black_box(data)));
        }
    })
}

fn walk() -> Box<dyn FnMut()> {
    let codec = Codec::new(&length_delimited());
    let wire = wire(&codec, 32, 64);
    Box::new(move || {
        for frame in codec.frames(black_box(&wire)) {
            black_box(frame);
        }
    })
}

fn encode() -> Box<dyn FnMut()> {
    let codec = Codec::new(&length_delimited());
    let mut out = Vec::with_capacity(128);
    Box::new(move || {
        out.clear();
        black_box(codec.encode(black_box(&[b'x'; 64]), &mut out).is_ok());
    })
}

/// Pushes `count` frames, then writes all that waits, at most `write` bytes at a time.
fn outbox(when_full: WhenFull, count: usize, write: usize) -> Box<dyn FnMut()> {
    let rules = OutboxRules::new(&OutboxSettings { when_full, ..OutboxSettings::default() });
    let frame = wire(&Codec::new(&length_delimited()), 1, 64);
    let mut outbox = Outbox::default();
    Box::new(move || {
        for _ in 0..count {
            black_box(outbox.push(&rules, Tick::ZERO, black_box(&frame), false));
        }
        while !outbox.is_empty() {
            let offered: usize = outbox.slices().iter().map(|slice| slice.len()).sum();
            black_box(outbox.advance(offered.min(write)));
        }
    })
}

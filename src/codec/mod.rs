//! Batch codecs: they find where the run of whole frames in a read ends and how many frames it holds. They copy nothing and allocate nothing.
//!
//! A codec is the listener's rule and is shared; what a session must remember between two reads is its [`Progress`], 16 bytes.
//! The codec looks at each byte once: a header split over reads is put together in `Progress`, never read again.
//!
//! Invariants:
//! 1. However a stream is split into reads, the same frames come out (`tests/codec_splits.rs`).
//! 2. [`Cut::end`] is a frame border; all bytes behind it belong to one unfinished frame.
//! 3. A peer's announced length is compared with the maximum before anything else happens, and is never a size to allocate.
//!
//! This is not the encoder of replies; a service that writes frames of its own uses [`Codec::encode`].

mod fault;
mod frames;
mod length_delimited;
mod lines;

pub use fault::{FrameFault, Suspicion};
pub use frames::{Frame, Frames};

use crate::settings::{CodecSettings, FrameSettings, LineSettings};

/// How a listener's bytes become frames.
#[derive(Debug, Clone, Copy)]
pub enum Codec {
    /// A length, then that many bytes.
    LengthDelimited(FrameSettings),
    /// Bytes up to and with a line feed.
    Lines(LineSettings),
    /// No borders: each read is a run of its own.
    Bytes,
}

/// What a session remembers of its stream between two reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Progress {
    /// At a frame border.
    #[default]
    Border,
    /// Inside a header of which `got` bytes came; `length` is what they say so far.
    Header {
        /// Bytes of the header seen.
        got: u8,
        /// The length field as far as it came.
        length: u64,
    },
    /// Inside a body.
    Body {
        /// Bytes of the frame still to come.
        missing: u64,
    },
    /// Inside a line.
    Line {
        /// Bytes of the line seen.
        got: u64,
    },
}

impl Progress {
    /// Whether an unfinished frame is open.
    pub fn in_frame(self) -> bool {
        self != Self::Border
    }
}

/// What a codec found in one read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cut {
    /// Bytes up to the last frame border in this read; 0 when no frame ended in it.
    pub end: usize,
    /// Bytes up to the end of the frame that an earlier read began; 0 when none ended here.
    pub seam: usize,
    /// Frames that ended in it.
    pub frames: u32,
    /// What is wrong with the frame that begins at `end`. The stream is of no use after it.
    pub fault: Option<FrameFault>,
}

impl Codec {
    /// The codec for these settings.
    pub fn new(settings: &CodecSettings) -> Self {
        match settings {
            CodecSettings::LengthDelimited(frame) => Self::LengthDelimited(*frame),
            CodecSettings::Lines(line) => Self::Lines(*line),
            CodecSettings::Bytes => Self::Bytes,
        }
    }

    /// Cuts one read. `progress` must be what the last cut of this stream left, [`Progress::Border`] at its start.
    #[inline]
    pub fn cut(&self, progress: &mut Progress, data: &[u8]) -> Cut {
        match self {
            Self::LengthDelimited(rules) => length_delimited::cut(rules, progress, data),
            Self::Lines(rules) => lines::cut(*rules, progress, data),
            Self::Bytes => Cut { end: data.len(), frames: u32::from(!data.is_empty()), ..Cut::default() },
        }
    }

    /// The payload length that an unfinished frame announced, of which `came` bytes came, header included; none while that is not known.
    pub fn announced(&self, progress: Progress, came: usize) -> Option<u64> {
        match (self, progress) {
            (Self::LengthDelimited(rules), Progress::Body { missing }) => {
                Some((came as u64 + missing).saturating_sub(rules.header_len() as u64))
            }
            _ => None,
        }
    }

    /// The frames of a run that this codec cut: `run` begins and ends at frame borders.
    pub fn frames<'a>(&'a self, run: &'a [u8]) -> Frames<'a> {
        Frames::new(self, run)
    }

    /// Appends `payload` as one frame. A payload that the codec cannot carry (too long, or with a line feed in it) is refused.
    pub fn encode(&self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), FrameFault> {
        match self {
            Self::LengthDelimited(rules) => length_delimited::encode(rules, payload, out),
            Self::Lines(rules) => lines::encode(*rules, payload, out),
            Self::Bytes => {
                out.extend_from_slice(payload);
                Ok(())
            }
        }
    }

    /// Whether a peer can tell where a frame ends, so that one may be left out without spoiling those around it.
    pub fn has_borders(&self) -> bool {
        !matches!(self, Self::Bytes)
    }

    /// The most bytes that an unfinished frame can hold: one less than the longest frame.
    pub fn longest_partial(&self) -> u64 {
        match self {
            Self::LengthDelimited(rules) => rules.max.saturating_add(rules.header_len() as u64 - 1),
            Self::Lines(rules) => rules.max,
            Self::Bytes => 0,
        }
    }
}

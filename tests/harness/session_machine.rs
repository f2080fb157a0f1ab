//! Law of the session machine, driven through any sequence of calls in virtual time, as a session would make them against any peer: it moves
//! through its phases in one direction, ends once with one reason, in bounded time, judges when it said it would, and accounts for every frame.

use arbitrary::{Arbitrary, Result, Unstructured};
use oread::codec::Codec;
use oread::outbox::{OutboxRules, Push};
use oread::reason::CloseReason;
use oread::session::clocks::Patience;
use oread::session::machine::{Machine, Phase, Rules};
use oread::session::pace::Rate;
use oread::settings::{CodecSettings, FrameSettings, LineSettings, WhenFull};
use oread::tick::Tick;

/// Ticks of a goodbye where nothing else bounds it: 30 s of flushing.
const FLUSH: u32 = 600;
/// Ticks of a lingering close: it frees the session within a second.
const LINGER: u32 = 19;

/// What the peer, the socket, the daemon or the clock does next.
#[derive(Debug, Clone, Copy, Arbitrary)]
enum Call {
    /// Bytes that are frames; the socket takes some of the answer at once.
    Frames {
        bytes: u8,
        taken: u8,
    },
    /// Bytes that are anything.
    Junk {
        bytes: [u8; 3],
        taken: u8,
    },
    Eof,
    /// The socket takes some of what waits, 0 is none.
    Write(u8),
    Shutdown,
    Drain,
    Close(bool),
    Reset,
    Cut,
    Crowd(bool),
    Wait(u8),
    WaitForDeadline,
}

struct World {
    rules: Rules,
    machine: Machine,
    now: Tick,
    crowded: bool,
    eof: bool,
    /// Where the well-formed stream stands, and what was received of it as a whole.
    stream: Vec<u8>,
    at: usize,
    frames: u64,
    sent: u64,
    lost: u64,
    last: Phase,
    /// When it left `Open`.
    left: Option<Tick>,
}

/// Makes the calls that `data` says.
pub fn run(data: &[u8]) {
    let mut source = Unstructured::new(data);
    let Ok(rules) = rules(&mut source) else { return };
    let mut world = World::new(rules);
    while !source.is_empty() {
        let Ok(call) = source.arbitrary::<Call>() else { break };
        world.call(call);
        world.check();
    }
    world.run_out();
}

fn rules(source: &mut Unstructured<'_>) -> Result<Rules> {
    let codecs = [
        CodecSettings::LengthDelimited(FrameSettings {
            length_bytes: 1,
            max: 60,
            ..FrameSettings::default()
        }),
        CodecSettings::Lines(LineSettings { max: 40 }),
        CodecSettings::Bytes,
    ];
    let policies = [WhenFull::Block, WhenFull::DropOldest, WhenFull::DropNewest, WhenFull::Disconnect];
    let mut span = || source.int_in_range(0..=40);
    Ok(Rules {
        patience: Patience {
            handshake: span()?,
            frame: span()?,
            idle: span()?,
            write_stall: span()?,
            lifetime: span()? * 4,
            keepalive: 0,
        },
        outbox: OutboxRules {
            age: span()? / 4,
            frames: 1 + u64::from(span()?),
            bytes: 1 + u64::from(span()?) * 5,
            when_full: *source.choose(&policies)?,
        },
        codec: Codec::new(source.choose(&codecs)?),
        rate: Rate::per_second(*source.choose(&[0, 0, 20, 400])?),
    })
}

fn rank(phase: Phase) -> u8 {
    match phase {
        Phase::Open => 0,
        Phase::HalfClosed => 1,
        Phase::Flushing { .. } => 2,
        Phase::Lingering { .. } => 3,
        Phase::Done(_) => 4,
    }
}

fn reason(phase: Phase) -> Option<CloseReason> {
    match phase {
        Phase::Open | Phase::HalfClosed => None,
        Phase::Flushing { reason, .. } | Phase::Lingering { reason, .. } | Phase::Done(reason) => {
            Some(reason)
        }
    }
}

impl World {
    fn new(rules: Rules) -> Self {
        let now = Tick::new(1);
        let mut stream = Vec::new();
        for length in [3, 0, 20, 1, 40, 7, 31] {
            rules.codec.encode(&vec![b'x'; length], &mut stream).unwrap();
        }
        Self {
            rules,
            machine: Machine::new(now),
            now,
            crowded: false,
            eof: false,
            stream,
            at: 0,
            frames: 0,
            sent: 0,
            lost: 0,
            last: Phase::Open,
            left: None,
        }
    }

    fn call(&mut self, call: Call) {
        match call {
            Call::Frames { bytes, taken } => {
                let bytes = usize::from(bytes % 64);
                let data = self.stream.iter().cycle().skip(self.at).take(bytes).copied().collect::<Vec<_>>();
                let read = self.read(&data, taken.into());
                self.at = (self.at + read) % self.stream.len();
            }
            Call::Junk { bytes, taken } => drop(self.read(&bytes, taken.into())),
            Call::Eof => {
                self.eof = true;
                self.read(&[], 0);
            }
            Call::Write(bytes) => self.write(bytes.into()),
            Call::Shutdown if self.machine.wants_shutdown() => self.machine.finished(self.now),
            Call::Shutdown => {}
            Call::Drain => self.machine.close(&self.rules, self.now, CloseReason::Drained),
            Call::Close(service) => {
                let reason = if service { CloseReason::Service } else { CloseReason::PartialBudget };
                self.machine.close(&self.rules, self.now, reason);
            }
            Call::Reset => self.machine.abort(CloseReason::Reset),
            Call::Cut => self.machine.abort(CloseReason::Cut),
            Call::Crowd(crowded) => self.crowded = crowded,
            Call::Wait(ticks) => self.now = self.now.after(u32::from(ticks % 64)),
            Call::WaitForDeadline => {
                let deadline = self.machine.deadline(&self.rules);
                if deadline != Tick::NEVER {
                    self.now = self.now.max(deadline);
                }
            }
        }
    }

    /// The session reads what its appetite allows, and echoes. Says how many bytes that was.
    fn read(&mut self, data: &[u8], taken: usize) -> usize {
        let appetite = self.machine.appetite(&self.rules, self.now, self.crowded).bytes;
        let phase = self.machine.phase();
        let may_read =
            matches!(phase, Phase::Open | Phase::Flushing { heard_all: false, .. } | Phase::Lingering { .. });
        assert!(appetite == 0 || may_read, "reads in {phase:?}");
        assert!(phase == Phase::Open || !may_read || appetite > 0, "does not read away in {phase:?}");
        let read = data.len().min(usize::try_from(appetite).unwrap_or(usize::MAX));
        if appetite == 0 || read == 0 && !self.eof {
            return 0;
        }
        if self.eof {
            self.machine.eof(&self.rules, self.now);
            return 0;
        }
        if self.machine.phase() != Phase::Open {
            let arrival = self.machine.received(&self.rules, self.now, &data[..read]);
            assert_eq!((arrival.frames, arrival.end), (0, 0), "nothing outside Open reaches a service");
            self.machine.read_away(self.now);
            return read;
        }
        self.take_in(&data[..read], taken);
        read
    }

    fn take_in(&mut self, data: &[u8], taken: usize) {
        let arrival = self.machine.received(&self.rules, self.now, data);
        self.frames += u64::from(arrival.frames);
        let mut first = arrival.head;
        first.extend_from_slice(&data[..arrival.seam]);
        let rest = &data[arrival.seam..arrival.end];
        let codec = self.rules.codec;
        let frames: Vec<_> = codec.frames(&first).chain(codec.frames(rest)).map(|frame| frame.wire).collect();
        assert_eq!(frames.len(), arrival.frames as usize);
        self.deliver(&frames, taken);
        if let Some(fault) = arrival.fault {
            self.machine.close(&self.rules, self.now, fault.close_reason());
        }
    }

    fn deliver(&mut self, frames: &[&[u8]], taken: usize) {
        let mut room = if self.machine.outbox().is_empty() { taken } else { 0 };
        let direct = !frames.is_empty() && room > 0;
        let mut all = true;
        for frame in frames {
            let gone = room.min(frame.len());
            room -= gone;
            if gone == frame.len() {
                self.sent += 1;
                continue;
            }
            all = false;
            match self.machine.queue(&self.rules, self.now, &frame[gone..], gone > 0) {
                Push::Queued => {}
                Push::Displaced { aged, oldest } => self.lost += aged + oldest,
                Push::Refused(_) | Push::Disconnect => self.lost += 1,
            }
        }
        if direct && all {
            self.machine.sent_directly(self.now);
        }
    }

    fn write(&mut self, bytes: usize) {
        if matches!(self.machine.phase(), Phase::Done(_)) {
            return;
        }
        self.expire();
        let waiting = self.machine.outbox().slices().iter().map(|slice| slice.len()).sum::<usize>();
        if waiting == 0 {
            return;
        }
        match bytes.min(waiting) {
            0 => self.machine.blocked(self.now),
            written => self.sent += u64::from(self.machine.flushed(self.now, written)),
        }
    }

    fn expire(&mut self) {
        if !matches!(self.machine.phase(), Phase::Done(_)) {
            self.lost += self.machine.expire(&self.rules, self.now);
        }
    }

    fn check(&mut self) {
        self.check_transition();
        self.judge();
        self.check_transition();
        let waiting = self.machine.outbox().frames() as u64;
        assert_eq!(self.frames, self.sent + self.lost + waiting, "every frame is accounted for");
        if self.machine.phase() != Phase::Open {
            assert!(self.machine.kept().is_empty(), "nothing is kept that nobody will finish");
            assert!(self.machine.refill(&self.rules).is_none());
        }
        assert!(self.machine.kept().len() as u64 <= self.rules.codec.longest_partial());
        self.check_bounds();
    }

    /// Judges as often as it has something to say. A judge before the deadline changes nothing; one at it does.
    fn judge(&mut self) {
        // As a session does, which tries its socket first.
        self.expire();
        for _ in 0..4 {
            let deadline = self.machine.deadline(&self.rules);
            let before = self.machine.phase();
            self.machine.judge(&self.rules, self.now);
            let changed = self.machine.phase() != before;
            assert_eq!(changed, deadline <= self.now, "{before:?}, due {deadline:?}, now {:?}", self.now);
            if !changed {
                return;
            }
            self.check_transition();
        }
        panic!("a judge that never rests: {:?}", self.machine.phase());
    }

    fn check_transition(&mut self) {
        let phase = self.machine.phase();
        let (from, to) = (rank(self.last), rank(phase));
        assert!(from <= to, "{:?} became {phase:?}", self.last);
        if let Some(first) = reason(self.last) {
            let last = reason(phase).unwrap();
            let unfinished = first == CloseReason::Drained && matches!(self.last, Phase::Flushing { .. });
            let stands = last == first || last == CloseReason::Cut || unfinished;
            assert!(stands, "it left with {first}, and ended with {last}");
        }
        if let Phase::Done(reason) = self.last {
            assert_eq!(phase, Phase::Done(reason), "it ends once");
        }
        if reason(phase).is_some() {
            self.left.get_or_insert(self.now);
        }
        self.last = phase;
    }

    /// Once it has a reason to end, no peer can hold it; a drain has a deadline of its own.
    fn check_bounds(&self) {
        let (Some(left), Some(reason)) = (self.left, reason(self.last)) else { return };
        if reason == CloseReason::Drained || matches!(self.last, Phase::Done(_)) {
            return;
        }
        let write_stall = self.rules.patience.write_stall;
        let flush = if write_stall == 0 { FLUSH } else { write_stall };
        let lasted = self.now.since(left);
        assert!(lasted <= flush + LINGER, "{:?} for {lasted} ticks", self.last);
    }

    /// The peer does nothing more, ever: what has a deadline passes it, what has none is cut.
    fn run_out(&mut self) {
        for _ in 0..8 {
            let deadline = self.machine.deadline(&self.rules);
            if deadline == Tick::NEVER {
                break;
            }
            self.now = self.now.max(deadline);
            self.check();
        }
        let stopped = matches!(reason(self.last), Some(reason) if reason != CloseReason::Drained);
        assert!(!stopped || matches!(self.last, Phase::Done(_)), "{:?} never ends", self.last);
        self.machine.abort(CloseReason::Cut);
        self.lost += self.machine.abandon().0;
        self.check();
        assert!(matches!(self.last, Phase::Done(_)));
        assert_eq!(self.frames, self.sent + self.lost, "every frame was sent or counted");
    }
}

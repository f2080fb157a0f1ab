//! Law of the outbox, against a model that knows frames by number: no torn frame, order, bounds, and every frame accounted for.

use std::collections::VecDeque;

use arbitrary::{Arbitrary, Result, Unstructured};
use oread::outbox::{CONTROL_BYTES, Outbox, OutboxRules, Push};
use oread::settings::WhenFull;
use oread::tick::Tick;

/// One call.
#[derive(Debug, Clone, Copy, Arbitrary)]
enum Call {
    Push(u8),
    PushStarted(u8),
    Control(u16),
    Write(u16),
    Wait(u8),
    Expire,
    Clear,
}

/// A frame that waits: its number, its length, how much of it went, and when it came.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    number: u32,
    len: usize,
    gone: usize,
    since: Tick,
}

#[derive(Debug, Default)]
struct Account {
    pushed: u64,
    sent: u64,
    lost: u64,
}

#[derive(Debug)]
struct Model {
    rules: OutboxRules,
    outbox: Outbox,
    now: Tick,
    data: VecDeque<Waiting>,
    control: VecDeque<Waiting>,
    account: Account,
    numbers: u32,
    longest: usize,
}

/// Makes the calls that `data` says.
pub fn run(data: &[u8]) {
    let mut source = Unstructured::new(data);
    let Ok(rules) = rules(&mut source) else { return };
    let mut model = Model::new(rules);
    while !source.is_empty() {
        let Ok(call) = source.arbitrary::<Call>() else { return };
        model.call(call);
        model.check();
    }
    model.write(usize::MAX);
    model.check();
    model.write(usize::MAX);
    assert!(model.outbox.is_empty(), "all was written: no memory is held");
}

fn rules(source: &mut Unstructured<'_>) -> Result<OutboxRules> {
    Ok(OutboxRules {
        frames: source.int_in_range(1..=8)?,
        bytes: source.int_in_range(1..=400)?,
        age: source.int_in_range(0..=6)?,
        when_full: *source.choose(&[
            WhenFull::Block,
            WhenFull::DropOldest,
            WhenFull::DropNewest,
            WhenFull::Disconnect,
        ])?,
    })
}

/// Byte `place` of frame `number`.
fn byte(number: u32, place: usize) -> u8 {
    #[expect(clippy::cast_possible_truncation, reason = "a pattern")]
    let byte = (number.wrapping_mul(2_654_435_761) >> 7) as u8 ^ place as u8;
    byte
}

impl Model {
    fn new(rules: OutboxRules) -> Self {
        Self {
            rules,
            outbox: Outbox::default(),
            now: Tick::new(1),
            data: VecDeque::new(),
            control: VecDeque::new(),
            account: Account::default(),
            numbers: 0,
            longest: 0,
        }
    }

    fn call(&mut self, call: Call) {
        match call {
            Call::Push(len) => self.push(usize::from(len), 0),
            // A frame that the socket has begun comes only when nothing is ahead of it.
            Call::PushStarted(len) if self.outbox.is_empty() => self.push(usize::from(len).max(2), 1),
            Call::PushStarted(_) => {}
            Call::Control(len) => self.push_control(usize::from(len)),
            Call::Write(bytes) => self.write(usize::from(bytes)),
            Call::Wait(ticks) => self.now = self.now.after(u32::from(ticks % 8)),
            Call::Expire => self.expire(),
            Call::Clear => {
                let waited = self.data.len() + self.control.len();
                assert_eq!(self.outbox.clear(), waited as u64);
                self.account.lost += waited as u64;
                (self.data, self.control) = (VecDeque::new(), VecDeque::new());
            }
        }
    }

    fn new_frame(&mut self, len: usize, gone: usize) -> (Waiting, Vec<u8>) {
        self.numbers += 1;
        let number = self.numbers;
        let wire = (gone..len).map(|place| byte(number, place)).collect();
        (Waiting { number, len, gone, since: self.now }, wire)
    }

    fn push(&mut self, len: usize, gone: usize) {
        // A session with policy `block` does not read, and so has nothing to push, while there is no room.
        let blocks = self.rules.when_full == WhenFull::Block;
        if len == 0 || blocks && self.outbox.room(&self.rules, self.now) == 0 {
            return;
        }
        let (frame, wire) = self.new_frame(len, gone);
        self.longest = self.longest.max(len);
        self.account.pushed += 1;
        let late = self.late();
        match self.outbox.push(&self.rules, self.now, &wire, gone > 0) {
            Push::Queued => {
                assert!(blocks || gone > 0 || !late, "not while a frame waits for too long");
                self.data.push_back(frame);
            }
            Push::Displaced { aged, oldest } => {
                assert_eq!(self.rules.when_full, WhenFull::DropOldest);
                for _ in 0..aged {
                    assert!(self.late(), "dropped for its age, and young");
                    self.drop_oldest(1);
                }
                assert!(!self.late(), "dropped for want of room, and old");
                self.drop_oldest(oldest);
                self.data.push_back(frame);
            }
            Push::Refused(_) => {
                assert_eq!(self.rules.when_full, WhenFull::DropNewest);
                self.refused(late, len);
            }
            Push::Disconnect => {
                assert_eq!(self.rules.when_full, WhenFull::Disconnect);
                self.refused(late, len);
            }
        }
    }

    /// A frame was refused: only at a limit.
    fn refused(&mut self, late: bool, len: usize) {
        let full = self.data.len() as u64 >= self.rules.frames
            || (self.data_bytes() + len) as u64 > self.rules.bytes;
        assert!(late || full, "refused without need");
        assert!(!self.data.is_empty(), "an empty outbox takes any one frame");
        self.account.lost += 1;
    }

    fn push_control(&mut self, len: usize) {
        let (frame, wire) = self.new_frame(len % 2048, 0);
        let waited: usize = self.control.iter().map(|frame| frame.len - frame.gone).sum();
        let taken = self.outbox.push_control(self.now, &wire);
        assert_eq!(taken, waited + wire.len() <= CONTROL_BYTES);
        if taken && !wire.is_empty() {
            self.account.pushed += 1;
            self.control.push_back(frame);
        }
    }

    fn drop_oldest(&mut self, dropped: u64) {
        for _ in 0..dropped {
            let at = usize::from(self.started());
            self.data.remove(at).expect("only frames that wait are dropped, and none that was begun");
            self.account.lost += 1;
        }
    }

    fn expire(&mut self) {
        let dropped = self.outbox.expire(&self.rules, self.now);
        assert!(dropped == 0 || self.rules.when_full == WhenFull::DropOldest && self.rules.age > 0);
        self.drop_oldest(dropped);
        assert!(self.rules.when_full != WhenFull::DropOldest || !self.late(), "nothing late is left");
    }

    /// The socket takes up to `most` bytes. Each must be the next of the frame that was begun, else the first of the frame whose turn it is.
    fn write(&mut self, most: usize) {
        let bytes: Vec<u8> = self.outbox.slices().iter().flat_map(|slice| slice.iter().copied()).collect();
        assert_eq!(bytes.is_empty(), self.outbox.is_empty(), "what waits can be written");
        let written = bytes.len().min(most);
        let mut finished = 0;
        for byte_out in &bytes[..written] {
            let begun = self.started() || self.control.is_empty();
            let lane = if begun { &mut self.data } else { &mut self.control };
            let frame = lane.front_mut().expect("nothing is written that was not pushed");
            assert_eq!(*byte_out, byte(frame.number, frame.gone), "frame {frame:?}");
            frame.gone += 1;
            if frame.gone == frame.len {
                lane.pop_front();
                finished += 1;
            }
        }
        assert_eq!(self.outbox.advance(written), finished);
        self.account.sent += u64::from(finished);
    }

    fn started(&self) -> bool {
        self.data.front().is_some_and(|frame| frame.gone > 0)
    }

    fn late(&self) -> bool {
        let oldest = self.data.get(usize::from(self.started()));
        self.rules.age > 0 && oldest.is_some_and(|frame| self.now.since(frame.since) >= self.rules.age)
    }

    fn data_bytes(&self) -> usize {
        self.data.iter().map(|frame| frame.len - frame.gone).sum()
    }

    fn check(&self) {
        let waiting = self.data.len() + self.control.len();
        let control: usize = self.control.iter().map(|frame| frame.len - frame.gone).sum();
        assert_eq!(self.outbox.frames(), waiting);
        assert_eq!(self.outbox.bytes(), self.data_bytes() + control);
        assert_eq!(self.outbox.is_empty(), waiting == 0, "memory is held exactly while something waits");
        assert_eq!(self.outbox.expired(&self.rules, self.now), self.late());
        if matches!(self.rules.when_full, WhenFull::DropOldest | WhenFull::Disconnect) {
            assert_eq!(self.outbox.next_expiry(&self.rules) <= self.now, self.late());
        }
        let Account { pushed, sent, lost } = self.account;
        assert_eq!(pushed, sent + lost + waiting as u64, "every frame is accounted for");
        assert!(control <= CONTROL_BYTES);
        self.check_bounds();
    }

    fn check_bounds(&self) {
        let started = usize::from(self.started());
        let begun = if started > 0 { self.data[0].len - self.data[0].gone } else { 0 };
        let bound = usize::try_from(self.rules.bytes).unwrap().max(self.longest);
        let (bytes, frames) = match self.rules.when_full {
            WhenFull::Block => (bound + self.longest, 0),
            WhenFull::DropOldest => (bound + begun, started),
            WhenFull::DropNewest | WhenFull::Disconnect => (bound, 0),
        };
        assert!(self.data_bytes() <= bytes, "{} bytes wait, at most {bytes}", self.data_bytes());
        assert!(self.data.len() as u64 <= self.rules.frames + frames as u64, "{} frames", self.data.len());
    }
}

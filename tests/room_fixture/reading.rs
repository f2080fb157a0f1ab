//! Reading from the room beside the model: what a member is lent, which gaps it is told, and how far its socket came.

use bytes::Bytes;
use oread::reason::GapReason;
use oread::room::{Gap, Hearing, Read};
use oread::settings::WhenBehind;
use oread::tick::Tick;

use super::{Reader, Waker, World, content};

impl World {
    /// Begins a reading, if none is under way. `false` if there is nothing to read.
    pub fn read(&mut self, session: u64, quantum: usize) -> bool {
        let now = Tick::new(self.now);
        let newest = self.newest();
        let Some(reader) = self.members.get_mut(&session).filter(|reader| reader.under_way.is_empty()) else {
            return true;
        };
        let oldest = self.log.oldest();
        let read =
            self.log.read(now, &reader.member, quantum, &mut reader.reading, || Waker::Reader(session));
        if reader.hearing == Hearing::Nothing {
            let Read::Waiting { wake } = read else { panic!("there is nothing for it to read") };
            self.woken(wake);
            return false;
        }
        let mut reader = self.members.remove(&session).unwrap();
        if let Some(gap) = reader.reading.gap() {
            self.gaps.push((session, gap));
            self.gap(session, &mut reader, gap);
            // The call itself may give up what is too old before, and what it finds to be all own after.
            let held = oldest..=self.log.oldest();
            assert!(gap.last == 0 || held.contains(&(gap.last + 1)), "a gap ends before what is held");
        }
        self.lent(session, &mut reader, quantum);
        let ready = read == Read::Ready;
        match read {
            Read::Ready => assert!(reader.reading.gap().is_some() || !reader.under_way.is_empty()),
            Read::Waiting { wake } => {
                self.woken(wake);
                self.waiting.insert(session);
                self.pass_own(session, &mut reader, newest + 1);
            }
        }
        let nothing_to_write = reader.under_way.is_empty();
        self.members.insert(session, reader);
        if ready && nothing_to_write {
            self.advance(session, 0);
        }
        self.check();
        ready
    }

    /// What the reading holds is what it should.
    fn lent(&self, session: u64, reader: &mut Reader, quantum: usize) {
        for position in reader.reading.positions() {
            let own = reader.hearing == Hearing::Others && self.message(position).publisher == session;
            if position >= reader.next && !own {
                reader.under_way.push(position);
            }
        }
        let wanted: Vec<u8> =
            reader.under_way.iter().flat_map(|at| content(*at, self.message(*at).len)).collect();
        assert_eq!(reader.reading.pieces().concat(), wanted, "messages are whole and in order");
        assert_eq!(
            (reader.reading.bytes(), reader.reading.messages()),
            (wanted.len(), reader.under_way.len())
        );
        assert!(wanted.len() <= quantum || reader.under_way.len() == 1);
        if self.rules.max_age > 0 {
            assert!(
                reader
                    .under_way
                    .iter()
                    .all(|at| self.tick().since(self.message(*at).time) <= self.rules.max_age)
            );
        }
    }

    /// All from where it stands up to `until` is its own.
    fn pass_own(&self, session: u64, reader: &mut Reader, until: u64) {
        while reader.next < until {
            assert_eq!(self.message(reader.next).publisher, session, "{} was passed over", reader.next);
            assert_eq!(reader.hearing, Hearing::Others);
            reader.next += 1;
            reader.tally.own += 1;
        }
    }

    fn gap(&self, session: u64, reader: &mut Reader, gap: Gap) {
        if std::mem::take(&mut reader.other_epoch) {
            assert_eq!(gap, Gap { first: 0, last: 0, missing: 0, reason: GapReason::AnotherEpoch });
            return;
        }
        self.pass_own(session, reader, gap.first);
        assert_eq!(gap.first, reader.next, "a gap begins where the member stands");
        let own = |at: u64| {
            reader.hearing == Hearing::Others
                && at >= reader.known_from
                && self.message(at).publisher == session
        };
        let missing = (gap.first..=gap.last).filter(|at| !own(*at)).count() as u64;
        assert_eq!(gap.missing, missing, "a gap counts what others published");
        let replays = std::mem::take(&mut reader.replays);
        assert_eq!(replays, gap.reason == GapReason::NotKept);
        match gap.reason {
            GapReason::TooOld => assert!(self.tick().since(self.message(gap.last).time) > self.rules.max_age),
            GapReason::Behind if self.rules.when_behind == WhenBehind::Block => {
                let skipped = std::mem::take(&mut reader.skipped.untold) || reader.skipped.over;
                assert!(skipped || self.sheds > 0 || reader.published, "a room that waits pushes nobody off");
            }
            GapReason::Behind | GapReason::NotKept => {}
            GapReason::AnotherEpoch => panic!("only once"),
        }
        reader.tally.missing += missing;
        reader.tally.own += gap.last + 1 - gap.first - missing;
        reader.next = gap.last + 1;
    }

    /// Ends a reading: the socket took `written` bytes of it, or all.
    pub fn advance(&mut self, session: u64, written: usize) {
        let Some(mut reader) = self.members.remove(&session) else { return };
        let written = written.min(reader.reading.bytes());
        let until = reader.reading.positions().end;
        let taken_all = written == reader.reading.bytes() && !reader.under_way.is_empty();
        let advanced = self.log.advance(Tick::new(self.now), &reader.member, &mut reader.reading, written);
        let (mut at, mut rest, mut came) = (0, None, false);
        for position in std::mem::take(&mut reader.under_way) {
            let len = self.message(position).len;
            if at + len > written {
                rest = (written > at).then(|| (position, written - at));
            }
            if at + len > written && rest.is_none() {
                break;
            }
            self.pass_own(session, &mut reader, position);
            reader.next = position + 1;
            reader.tally.received += 1;
            came = true;
            at += len;
            if rest.is_some() {
                break;
            }
        }
        if taken_all {
            self.pass_own(session, &mut reader, until);
        }
        if came && std::mem::take(&mut reader.skipped.over) {
            // What was given up while the reading was under way is told by the next.
            reader.skipped.untold |= self.log.oldest() > reader.next;
        }
        self.assert_rest(advanced.rest, rest);
        self.members.insert(session, reader);
        self.woken(advanced.wake);
        self.check();
    }

    /// What the member has to send itself of the message at this position, of which so many bytes were sent.
    fn assert_rest(&self, got: Option<Bytes>, wanted: Option<(u64, usize)>) {
        match (got, wanted) {
            (None, None) => {}
            (Some(bytes), Some((position, sent))) => {
                let len = self.message(position).len;
                assert!(
                    content(position, len).skip(sent).eq(bytes.iter().copied()),
                    "the rest completes the message"
                );
                assert!(
                    bytes.is_unique() || len > self.rules.bytes.min(512 << 10) / 32,
                    "the rest of a small message is a copy"
                );
            }
            (got, wanted) => panic!("rest {got:?}, wanted {wanted:?}"),
        }
    }

    /// Everybody reads all there is.
    pub fn drain(&mut self) {
        let sessions: Vec<_> = self.members.keys().copied().collect();
        for session in sessions {
            self.advance(session, usize::MAX);
            while self.read(session, 4096) {
                self.advance(session, usize::MAX);
            }
        }
    }
}

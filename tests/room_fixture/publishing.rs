//! Publishing into the room and the model: what was taken, and who was refused for a reason.

use oread::peer::SessionId;
use oread::room::{Append, Hearing, Run};
use oread::settings::WhenBehind;
use oread::tick::Tick;

use super::{Message, Reader, Waker, World, content};

impl World {
    /// Says how many messages of the run were taken.
    pub fn publish(&mut self, session: u64, lens: &[usize]) -> usize {
        let Some(reader) = self.members.get_mut(&session) else { return 0 };
        reader.published = true;
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for (at, len) in lens.iter().enumerate() {
            bytes.extend(content(self.published.len() as u64 + 1 + at as u64, *len));
            ends.push(bytes.len() as u32);
        }
        let run = Run { bytes: &bytes, ends: &ends };
        let now = Tick::new(self.now);
        let follows = reader.hearing == Hearing::Others && self.waiting.contains(&session);
        match self.log.append(now, &reader.member, run, || Waker::Publisher(session)) {
            Append::Taken { first, messages, wake, laggards } => {
                assert!(messages > 0 || lens.is_empty());
                assert!(laggards.is_empty() || self.rules.when_behind == WhenBehind::Disconnect);
                self.taken(session, first, &lens[..messages], wake);
                if messages > 0 {
                    let left: Vec<_> = self.waiting.iter().copied().collect();
                    let itself = if follows { vec![session] } else { vec![] };
                    assert_eq!(left, itself, "all who waited are woken, itself excepted");
                }
                self.check();
                messages
            }
            Append::Full { until, wake } => {
                assert!(until > now);
                self.refused(session, lens, wake);
                0
            }
            Append::Overdue { laggards, wake } => {
                assert!(!laggards.is_empty() && !laggards.contains(&SessionId(session)));
                for laggard in laggards {
                    let laggard = &self.members[&laggard.0];
                    assert!(self.log.account(&laggard.member).unread > 0 && !laggard.skipped.over);
                }
                self.refused(session, lens, wake);
                0
            }
        }
    }

    fn taken(&mut self, publisher: u64, first: u64, lens: &[usize], wake: Vec<Waker>) {
        assert_eq!(first, self.newest() + 1, "positions have no holes");
        let time = self.tick();
        self.published.extend(lens.iter().map(|len| Message { publisher, time, len: *len }));
        self.blocked.remove(&publisher);
        self.woken(wake);
        let unread = |reader: &Reader| self.log.account(&reader.member).unread > 0;
        assert!(self.log.oldest() <= first || !self.members.values().any(unread), "a run pushes itself off");
    }

    fn refused(&mut self, session: u64, lens: &[usize], wake: Vec<Waker>) {
        assert_eq!(self.rules.when_behind, WhenBehind::Block);
        self.woken(wake);
        self.blocked.insert(session, lens.to_vec());
        let holds = |(other, reader): (&u64, &Reader)| {
            *other != session && !reader.skipped.over && self.log.account(&reader.member).unread > 0
        };
        assert!(self.members.iter().any(holds), "somebody else holds the room");
        self.check();
    }

    /// A publisher that was told to wait, and not woken, does so for a reason.
    pub fn retry(&mut self) {
        for (session, lens) in self.blocked.clone() {
            // What is too old goes when somebody looks, not by itself.
            if self.rules.max_age == 0 && self.blocked.contains_key(&session) {
                assert_eq!(self.publish(session, &lens), 0, "{session} ought to have been woken");
            }
        }
    }
}

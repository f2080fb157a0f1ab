//! What a session asks for: to be in a room, to be in it no longer, to say something there or to one session.

use super::conversation::Conversation;
use super::house::Refusal;
use super::membership::Membership;
use super::speaker::{Failure, say};
use crate::handle::Refused;
use crate::peer::SessionId;
use crate::protocol::{
    Direct, Epoch, Form, Join, Joined, Leave, Left, Position, PresenceEvent, Publish, Receipt, Request,
    RoomNumber, SendTo, ServerFrame, Since, max_payload,
};
use crate::reason::RequestFault;
use crate::room::{Hearing, Start};
use crate::service::{Reply, Turn};

impl Conversation {
    /// JOIN: a new place in a room, or other flags for the one that the session has.
    pub(super) fn join(
        &mut self,
        turn: &Turn<'_>,
        join: &Join<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<(), Failure> {
        let hearing = match join {
            Join { publish_only: true, .. } => Hearing::Nothing,
            Join { own: true, .. } => Hearing::All,
            _ => Hearing::Others,
        };
        let known = self.rooms.of_name(join.room.as_str());
        let (place, newest) = match known {
            Some(place) => (place, self.hear_otherwise(turn, place, hearing, join.presence)?),
            None => self.enter(turn, join, hearing)?,
        };
        self.tell_of_presence(turn, place, known.is_none(), join.presence);
        let Some(membership) = self.rooms.get(place) else { return Ok(()) };
        let room = &membership.room;
        let state = room.lock();
        let joined = Joined {
            request: join.request,
            room: RoomNumber(room.number),
            epoch: Epoch(state.log.epoch()),
            position: Position(newest),
            members: u32::try_from(state.log.members()).unwrap_or(u32::MAX),
        };
        drop(state);
        say(reply, &ServerFrame::Joined(joined));
        Ok(())
    }

    /// Says which message was the newest at that moment.
    fn hear_otherwise(
        &mut self,
        turn: &Turn<'_>,
        place: u32,
        hearing: Hearing,
        presence: bool,
    ) -> Result<u64, Failure> {
        let Some(membership) = self.rooms.get(place) else { return Ok(0) };
        let (room, before) = (membership.room.clone(), membership.hearing);
        // Who came to publish only was not asked whether it may hear, or know who is there.
        if before == Hearing::Nothing && (hearing != before || presence) {
            let (session, peer) = (turn.handle.session(), turn.peer());
            permit(self.house.authority.may_join(session, peer, &room.name), &room.name)?;
        }
        let Some(membership) = self.rooms.get(place) else { return Ok(0) };
        membership.hearing = hearing;
        let mut state = room.lock();
        let wakes = if hearing == before { Vec::new() } else { state.log.hear(&membership.member, hearing) };
        let newest = state.log.newest();
        drop(state);
        turn.ring(wakes);
        self.rooms.look_at(place);
        Ok(newest)
    }

    fn enter(&mut self, turn: &Turn<'_>, join: &Join<'_>, hearing: Hearing) -> Result<(u32, u64), Failure> {
        let (session, peer, name) = (turn.handle.session(), turn.peer(), join.room.as_str());
        let authority = &self.house.authority;
        let may_publish = authority.may_publish(session, peer, name);
        let only_publishes = join.publish_only && !join.presence;
        let permitted = if only_publishes { may_publish } else { authority.may_join(session, peer, name) };
        permit(permitted, name)?;
        let most = self.house.settings.rooms_per_session;
        if self.rooms.len() as u64 >= most {
            return Err((
                RequestFault::TooManyRooms,
                format!("a session may be in {most} rooms; leave one first"),
            ));
        }
        let start = match join.since {
            None => Start::Newest,
            Some(Since { epoch: Epoch(0), after: Position(0) }) => Start::Oldest,
            Some(Since { epoch, after }) => Start::After { epoch: epoch.0, position: after.0 },
        };
        let (room, member, newest) =
            self.house.enter(turn, name, hearing, start).map_err(|refusal| refused(refusal, name))?;
        let place = self.rooms.free();
        self.rooms.take(Membership { room, member, hearing, may_publish, told: None });
        Ok((place, newest))
    }

    /// LEAVE.
    pub(super) fn leave(
        &mut self,
        turn: &Turn<'_>,
        leave: Leave,
        reply: &mut Reply<'_>,
    ) -> Result<(), Failure> {
        let place = self.place_in(leave.room)?;
        if let Some(membership) = self.rooms.give_up(place) {
            self.give_up(turn.now, membership, PresenceEvent::Left);
        }
        say(reply, &ServerFrame::Left(Left { request: leave.request, room: leave.room }));
        Ok(())
    }

    /// Whether this may be published, and the place of its room.
    pub(super) fn may_publish(&mut self, publish: &Publish<'_>) -> Result<u32, Failure> {
        let place = self.place_in(publish.room)?;
        if !self.rooms.get(place).is_some_and(|membership| membership.may_publish) {
            return Err((RequestFault::NotPermitted, "this session may only listen in this room".to_owned()));
        }
        self.fits(publish.payload.bytes().len())?;
        Ok(place)
    }

    /// SEND: to a session that shares a room with this one.
    pub(super) fn send(
        &mut self,
        turn: &Turn<'_>,
        send: &SendTo<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<(), Failure> {
        self.fits(send.payload.bytes().len())?;
        let unknown =
            || (RequestFault::UnknownSession, format!("no session {} in any of your rooms", send.session));
        let recipient = self.house.guests.get(send.session).filter(|_| self.meets(send.session));
        let recipient = recipient.ok_or_else(unknown)?;
        let mut frame = Vec::new();
        let direct = Direct { from: turn.handle.session(), payload: send.payload };
        if let Err(misfit) = ServerFrame::Direct(direct).encode(Form::Stream, &mut frame) {
            return Err((RequestFault::PayloadTooLarge, misfit.to_string()));
        }
        recipient.mail().post(self.house.mail, &self.house.houses.queued, &frame).map_err(|Refused| {
            (RequestFault::RecipientFull, format!("session {} does not read what it is owed", send.session))
        })?;
        turn.ring(vec![recipient.wake_for(0)]);
        turn.stats.relay.directs.add(1);
        self.spend(1);
        if send.request != Request::NONE {
            let receipt = Receipt { request: send.request, position: Position(0), members: 1 };
            say(reply, &ServerFrame::Receipt(receipt));
        }
        Ok(())
    }

    /// Whether this session shares a room with that one.
    fn meets(&self, other: SessionId) -> bool {
        self.rooms.iter().any(|(_, membership)| membership.room.lock().log.has(other))
    }

    fn place_in(&self, room: RoomNumber) -> Result<u32, Failure> {
        self.rooms.of_room(room.0).ok_or_else(|| {
            if self.house.houses.knew(room.0) {
                (RequestFault::NotJoined, format!("this session is not in room {room}"))
            } else {
                (RequestFault::UnknownRoom, format!("there is no room {room}"))
            }
        })
    }

    fn fits(&self, payload: usize) -> Result<(), Failure> {
        let most = max_payload(self.house.frame_max);
        if payload > most {
            let text = format!("a payload of {payload} bytes, at most {most}");
            return Err((RequestFault::PayloadTooLarge, text));
        }
        Ok(())
    }
}

fn permit(permitted: bool, room: &str) -> Result<(), Failure> {
    let refusal = || (RequestFault::NotPermitted, format!("room {room:?} is not for this session"));
    permitted.then_some(()).ok_or_else(refusal)
}

fn refused(refusal: Refusal, name: &str) -> Failure {
    match refusal {
        Refusal::NoMoreRooms => {
            (RequestFault::NoMoreRooms, format!("room {name:?} does not exist, and no more may be opened"))
        }
        Refusal::RoomFull => (RequestFault::RoomFull, format!("room {name:?} has as many members as it may")),
    }
}

//! Requests into frames: what a program asks for, on its way out.

use std::sync::Arc;

use super::{Awaited, State, join};
use crate::client::Error;
use crate::client::event::{Event, Receipt};
use crate::client::request::{Reply, Request, answer};
use crate::protocol::{self, ClientFrame, Form, Leave, Misfit, Publish, SendTo};

impl State {
    /// Sends what a program asked for, or says at once why not.
    pub(in crate::client) fn request(&mut self, request: Request, out: &mut Vec<u8>) -> Option<Event> {
        match request {
            Request::Join { room, options, reply } => {
                let number = self.next_request();
                match join(number, &room, options, out) {
                    Ok(()) => drop(self.awaited.insert(number, Awaited::Join { room, options, reply })),
                    Err(misfit) => drop(reply.send(Err(unfit(misfit)))),
                }
                None
            }
            Request::Leave { room, reply } => {
                self.leave(room, reply, out);
                None
            }
            Request::Publish { room, content, reply } => {
                let Some(number) = self.number_of(&room) else {
                    return refuse(reply, Error::NotJoined(room));
                };
                let said = self.say(content.payload().bytes().len(), reply, out, |request| {
                    ClientFrame::Publish(Publish { room: number, request, payload: content.payload() })
                });
                if let Some(room) = self.rooms.get_mut(&room).filter(|_| said.is_ok()) {
                    room.account.published += 1;
                }
                said.err().flatten()
            }
            Request::Send { to, content, reply } => {
                let said = self.say(content.payload().bytes().len(), reply, out, |request| {
                    ClientFrame::Send(SendTo { session: to, request, payload: content.payload() })
                });
                said.err().flatten()
            }
        }
    }

    fn leave(&mut self, room: Arc<str>, reply: Reply<()>, out: &mut Vec<u8>) {
        let request = self.next_request();
        let Some((entry, number)) = self.rooms.get_mut(&room).and_then(|entry| {
            let number = entry.number?;
            Some((entry, number))
        }) else {
            return answer(Some(reply), Err(Error::NotJoined(room)));
        };
        match ClientFrame::Leave(Leave { request, room: number }).encode(Form::Stream, out) {
            Ok(()) => {
                entry.leaving = true;
                self.awaited.insert(request, Awaited::Leave { room, reply });
            }
            Err(misfit) => answer(Some(reply), Err(unfit(misfit))),
        }
    }

    /// Encodes a message; where it cannot be, its sender is told, by the event in `Err` if it did not ask for a receipt.
    fn say<'a>(
        &mut self,
        bytes: usize,
        reply: Option<Reply<Receipt>>,
        out: &mut Vec<u8>,
        frame: impl FnOnce(protocol::Request) -> ClientFrame<'a>,
    ) -> Result<(), Option<Event>> {
        let max = self.max_payload();
        if bytes > max {
            return Err(refuse(reply, Error::TooLarge { bytes, max }));
        }
        let request = if reply.is_some() { self.next_request() } else { protocol::Request::NONE };
        if let Err(misfit) = frame(request).encode(Form::Stream, out) {
            return Err(refuse(reply, unfit(misfit)));
        }
        if let Some(reply) = reply {
            self.awaited.insert(request, Awaited::Receipt { reply });
        }
        Ok(())
    }
}

fn refuse(reply: Option<Reply<Receipt>>, error: Error) -> Option<Event> {
    let unasked = reply.is_none().then(|| Event::Error(error.clone()));
    answer(reply, Err(error));
    unasked
}

fn unfit(misfit: Misfit) -> Error {
    let bound = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    Error::TooLarge { bytes: bound(misfit.has), max: bound(misfit.max) }
}

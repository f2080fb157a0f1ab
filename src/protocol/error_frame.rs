//! ERROR, which says what went wrong with a request or a session, as a number for programs and a sentence for people.

use super::body::Body;
use super::fault::{Malformed, Misfit};
use super::field::Field;
use super::flags;
use super::kind::{FrameType, Sender};
use super::list::{ErrorCode, Listed};
use super::reader::Reader;
use super::writer::Writer;
use super::{ERROR_TEXT_MAX, Request};

/// Something went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorFrame<'a> {
    /// The request that failed; [`Request::NONE`]: something of the whole session.
    pub request: Request,
    /// What went wrong.
    pub code: Listed<ErrorCode>,
    /// The same may succeed later. For codes that the reader does not know, this is all it has.
    pub temporary: bool,
    /// The session ends with this frame.
    pub ends_session: bool,
    /// For people: what and where, and what to do about it.
    pub text: &'a str,
}

impl<'a> ErrorFrame<'a> {
    /// This type of frame.
    pub const TYPE: FrameType = FrameType {
        number: 0x89,
        name: "ERROR",
        sender: Sender::Server,
        layout: &[("u32", "request"), ("u16", "code"), ("u8", "flags"), ("str8", "text")],
    };
    pub(super) const KIND: u8 = Self::TYPE.number;

    /// An error with the flags that belong to its code. A text over [`ERROR_TEXT_MAX`] bytes is cut between characters.
    pub fn new(request: Request, code: ErrorCode, text: &'a str) -> Self {
        Self {
            request,
            code: Listed::Known(code),
            temporary: code.temporary(),
            ends_session: code.ends_session(),
            text: &text[..text.floor_char_boundary(ERROR_TEXT_MAX)],
        }
    }
}

impl<'a> Body<'a> for ErrorFrame<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let request = Field::read(reader, "request")?;
        let code = reader.u16("code")?.into();
        let flags = reader.u8("flags")?;
        Ok(Self {
            request,
            code,
            temporary: flags & flags::TEMPORARY != 0,
            ends_session: flags & flags::ENDS_SESSION != 0,
            text: Field::read(reader, "text")?,
        })
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), Misfit> {
        self.request.write(writer, "request")?;
        self.code.number().write(writer, "code")?;
        writer.u8(flags::when(self.temporary, flags::TEMPORARY)
            | flags::when(self.ends_session, flags::ENDS_SESSION));
        self.text.write(writer, "text")
    }
}

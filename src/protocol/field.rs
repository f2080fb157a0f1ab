//! The types of fields, each with its way onto the wire and back, so that a frame is the list of its fields and no more.

use super::fault::{Flaw, Malformed, Misfit};
use super::list::{Listed, Numbered};
use super::reader::Reader;
use super::writer::Writer;
use super::{Epoch, Position, Request, RoomName, RoomNumber, SessionName};
use crate::peer::SessionId;

/// A value that is one field of a frame.
pub(super) trait Field<'a>: Sized {
    /// What the specification calls this type.
    const WIRE: &'static str;

    fn read(reader: &mut Reader<'a>, name: &'static str) -> Result<Self, Malformed>;

    fn write(&self, writer: &mut Writer<'_>, name: &'static str) -> Result<(), Misfit>;
}

impl<'a> Field<'a> for u16 {
    const WIRE: &'static str = "u16";

    fn read(reader: &mut Reader<'a>, name: &'static str) -> Result<Self, Malformed> {
        reader.u16(name)
    }

    fn write(&self, writer: &mut Writer<'_>, _: &'static str) -> Result<(), Misfit> {
        writer.bytes(&self.to_be_bytes());
        Ok(())
    }
}

impl<'a> Field<'a> for u32 {
    const WIRE: &'static str = "u32";

    fn read(reader: &mut Reader<'a>, name: &'static str) -> Result<Self, Malformed> {
        reader.u32(name)
    }

    fn write(&self, writer: &mut Writer<'_>, _: &'static str) -> Result<(), Misfit> {
        writer.bytes(&self.to_be_bytes());
        Ok(())
    }
}

impl<'a> Field<'a> for Request {
    const WIRE: &'static str = "u32";

    fn read(reader: &mut Reader<'a>, name: &'static str) -> Result<Self, Malformed> {
        let request = Self(reader.u32(name)?);
        reader.answers(request);
        Ok(request)
    }

    fn write(&self, writer: &mut Writer<'_>, name: &'static str) -> Result<(), Misfit> {
        self.0.write(writer, name)
    }
}

impl<'a> Field<'a> for RoomNumber {
    const WIRE: &'static str = "u32";

    fn read(reader: &mut Reader<'a>, name: &'static str) -> Result<Self, Malformed> {
        reader.u32(name).map(Self)
    }

    fn write(&self, writer: &mut Writer<'_>, name: &'static str) -> Result<(), Misfit> {
        self.0.write(writer, name)
    }
}

macro_rules! integer_field {
    ($($name:ident)+) => {$(
        impl<'a> Field<'a> for $name {
            const WIRE: &'static str = "u64";

            fn read(reader: &mut Reader<'a>, name: &'static str) -> Result<Self, Malformed> {
                reader.u64(name).map(Self)
            }

            fn write(&self, writer: &mut Writer<'_>, name: &'static str) -> Result<(), Misfit> {
                writer.u64(name, self.0)
            }
        }
    )+};
}

integer_field! { Epoch Position SessionId }

/// What only its sender understands.
impl<'a> Field<'a> for [u8; 8] {
    const WIRE: &'static str = "8 bytes";

    fn read(reader: &mut Reader<'a>, name: &'static str) -> Result<Self, Malformed> {
        reader.array(name)
    }

    fn write(&self, writer: &mut Writer<'_>, _: &'static str) -> Result<(), Misfit> {
        writer.bytes(self);
        Ok(())
    }
}

impl<'a> Field<'a> for &'a [u8] {
    const WIRE: &'static str = "bytes16";

    fn read(reader: &mut Reader<'a>, name: &'static str) -> Result<Self, Malformed> {
        reader.bytes16(name)
    }

    fn write(&self, writer: &mut Writer<'_>, name: &'static str) -> Result<(), Misfit> {
        writer.bytes16(name, self)
    }
}

impl<'a> Field<'a> for &'a str {
    const WIRE: &'static str = "str8";

    fn read(reader: &mut Reader<'a>, name: &'static str) -> Result<Self, Malformed> {
        let offset = reader.offset();
        let bytes = reader.bytes8(name)?;
        std::str::from_utf8(bytes).map_err(|_| reader.malformed(name, offset, Flaw::NotUtf8))
    }

    fn write(&self, writer: &mut Writer<'_>, name: &'static str) -> Result<(), Misfit> {
        writer.bytes8(name, self.as_bytes())
    }
}

impl<'a> Field<'a> for RoomName<'a> {
    const WIRE: &'static str = "str8";

    fn read(reader: &mut Reader<'a>, name: &'static str) -> Result<Self, Malformed> {
        let offset = reader.offset();
        let bytes = reader.bytes8(name)?;
        Self::new(bytes).map_err(|flaw| reader.malformed(name, offset, Flaw::RoomName(flaw)))
    }

    fn write(&self, writer: &mut Writer<'_>, name: &'static str) -> Result<(), Misfit> {
        writer.bytes8(name, self.as_str().as_bytes())
    }
}

impl<'a> Field<'a> for SessionName<'a> {
    const WIRE: &'static str = "str8";

    fn read(reader: &mut Reader<'a>, name: &'static str) -> Result<Self, Malformed> {
        let offset = reader.offset();
        let bytes = reader.bytes8(name)?;
        Self::new(bytes).map_err(|flaw| reader.malformed(name, offset, Flaw::SessionName(flaw)))
    }

    fn write(&self, writer: &mut Writer<'_>, name: &'static str) -> Result<(), Misfit> {
        writer.bytes8(name, self.as_str().as_bytes())
    }
}

/// Reads a number of a list that has one byte on the wire.
pub(super) fn read_listed<L: Numbered>(
    reader: &mut Reader<'_>,
    name: &'static str,
) -> Result<Listed<L>, Malformed> {
    reader.u8(name).map(|number| u16::from(number).into())
}

/// Writes a number of a list that has one byte on the wire.
pub(super) fn write_listed<L: Numbered>(
    listed: Listed<L>,
    writer: &mut Writer<'_>,
    name: &'static str,
) -> Result<(), Misfit> {
    let number = listed.number();
    let byte =
        u8::try_from(number).map_err(|_| Misfit { field: name, has: number.into(), max: u8::MAX.into() })?;
    writer.u8(byte);
    Ok(())
}

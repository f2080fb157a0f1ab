//! What every frame type has: a number, a name, a layout, and its body's way onto the wire and back.

use super::fault::{Malformed, Misfit};
use super::reader::Reader;
use super::writer::Writer;

/// The body of one frame type: everything behind the type byte.
pub(super) trait Body<'a>: Sized {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed>;

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), Misfit>;
}

/// Declares frame types that are lists of fields; `+ payload` stands behind those that begin with flags and end in a payload.
macro_rules! frames {
    ($($(#[$doc:meta])* $kind:literal $word:literal $sender:ident $name:ident $(<$life:lifetime>)? {
        $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
        $(+ $payload:ident)?
    })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name $(<$life>)? {
            $($(#[$field_doc])* pub $field: $type,)*
            $(
                /// What is said.
                pub $payload: $crate::protocol::Payload<'a>,
            )?
        }

        impl $(<$life>)? $name $(<$life>)? {
            /// This type of frame.
            pub const TYPE: FrameType = FrameType {
                number: $kind,
                name: $word,
                sender: Sender::$sender,
                layout: &[
                    $(("u8", frames!(@flags $payload)),)?
                    $((<$type as Field<'_>>::WIRE, stringify!($field)),)*
                    $(("rest", stringify!($payload)),)?
                ],
            };
            pub(super) const KIND: u8 = Self::TYPE.number;
        }

        impl<'a> Body<'a> for $name $(<$life>)? {
            fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
                $(let $payload = reader.u8(frames!(@flags $payload))?;)?
                $(let $field = Field::read(reader, stringify!($field))?;)*
                $(let $payload = $crate::protocol::Payload::read(reader, $payload)?;)?
                Ok(Self { $($field,)* $($payload,)? })
            }

            fn write(&self, writer: &mut Writer<'_>) -> Result<(), Misfit> {
                $(writer.u8(self.$payload.flags());)?
                $(self.$field.write(writer, stringify!($field))?;)*
                $(writer.bytes(self.$payload.bytes());)?
                Ok(())
            }
        }
    )+};
    (@flags $payload:ident) => { "flags" };
}

pub(super) use frames;

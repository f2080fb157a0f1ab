//! Law of the relay protocol's frames: any bytes are a frame or a fault that names its place; what was read is written again as what is
//! read the same; and bytes behind the known fields change nothing.

use oread::protocol::{ClientFrame, Form, LENGTH_BYTES, Malformed, ServerFrame};

/// Reads `data` as each side would.
pub fn run(data: &[u8]) {
    match ClientFrame::decode(data) {
        Ok(frame) => {
            let mut wire = Vec::new();
            frame.encode(Form::Stream, &mut wire).expect("what was read can be written");
            assert_eq!(ClientFrame::decode(body(&wire)), Ok(frame));
            assert_eq!(frame.kind(), data[0]);
        }
        Err(fault) => is_sound(&fault, data),
    }
    match ServerFrame::decode(data) {
        Ok(frame) => {
            let mut wire = Vec::new();
            frame.encode(Form::Stream, &mut wire).expect("what was read can be written");
            assert_eq!(ServerFrame::decode(body(&wire)), Ok(frame));
            assert_eq!(frame.kind(), data[0]);
        }
        Err(fault) => is_sound(&fault, data),
    }
}

/// A frame without its length, which is true.
fn body(wire: &[u8]) -> &[u8] {
    let (length, body) = wire.split_at(LENGTH_BYTES);
    assert_eq!(length, u32::try_from(body.len()).unwrap().to_be_bytes());
    body
}

fn is_sound(fault: &Malformed, data: &[u8]) {
    assert_eq!(fault.frame, data.first().copied().unwrap_or(0));
    assert!(fault.offset <= data.len(), "{fault} lies outside of {} bytes", data.len());
    assert!(!fault.field.is_empty());
    assert!(!fault.to_string().is_empty());
}

//! The one place that writes data to stdout and diagnostics to stderr.
//!
//! A reader that left (`oread config default | head`) is no error: what it does not want is dropped silently.
//! Colour only where a terminal reads and `NO_COLOR` is unset or empty (<https://no-color.org>).

use std::io::{self, IsTerminal, Write};

/// Data, followed by a line feed.
pub fn data(text: &str) {
    let _reader_left = write(&mut io::stdout().lock(), text);
}

/// Data as it stands, such as a file or a man page.
pub fn bytes(bytes: &[u8]) {
    let mut out = io::stdout().lock();
    let _reader_left = out.write_all(bytes).and_then(|()| out.flush());
}

/// A diagnostic, followed by a line feed.
pub fn note(text: &str) {
    let _reader_left = write(&mut io::stderr().lock(), text);
}

/// Data over the line that is on the terminal, without a line feed: progress.
pub fn over(text: &str) {
    let mut err = io::stderr().lock();
    let _reader_left = write!(err, "\r\x1b[K{text}").and_then(|()| err.flush());
}

/// Whether stderr may be coloured.
pub fn colour() -> bool {
    let banned = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !banned && io::stderr().is_terminal()
}

fn write(out: &mut impl Write, text: &str) -> io::Result<()> {
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}

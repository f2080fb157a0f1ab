//! What the program uses: every value parsed, checked and in its unit. Not what a person wrote (that is [`crate::config`]).
//!
//! Nothing here reads a file, an environment or a clock. A `Settings` that exists is consistent: limits do not contradict each
//! other, no address is claimed twice, and no option is asked of a platform that lacks it.

mod listener;
mod process;
mod relay;

pub use listener::{
    Address, CodecSettings, FrameSettings, Keepalive, LineSettings, ListenerLimits, ListenerSettings,
    OutboxSettings, ServiceKind, SocketSettings, WhenFull,
};
pub use process::{
    AdminSettings, DrainSettings, LogFormat, LogSettings, ProcessLimits, RuntimeSettings, SessionLimit,
};
pub use relay::{NamePattern, OREAD_FRAME_MAX_LEAST, RelayProtocol, RelaySettings, RoomSettings, WhenBehind};

/// All settings of one daemon. [`Settings::default`] is the embedded configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Threads and runtime.
    pub runtime: RuntimeSettings,
    /// The admin address.
    pub admin: AdminSettings,
    /// Logging.
    pub log: LogSettings,
    /// How the daemon stops.
    pub drain: DrainSettings,
    /// Limits of the whole process.
    pub limits: ProcessLimits,
    /// The listeners, in the order of their names.
    pub listeners: Vec<ListenerSettings>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            runtime: RuntimeSettings::default(),
            admin: AdminSettings::default(),
            log: LogSettings::default(),
            drain: DrainSettings::default(),
            limits: ProcessLimits::default(),
            listeners: vec![
                ListenerSettings::echo("echo", Address::Tcp(([127, 0, 0, 1], 7000).into())),
                ListenerSettings::relay(
                    "rooms",
                    Address::Tcp(([127, 0, 0, 1], 7001).into()),
                    RelaySettings::default(),
                ),
            ],
        }
    }
}

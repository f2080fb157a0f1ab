//! From settings to bound sockets: descriptors are counted, every address is bound and every option set, before anything runs.

use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use super::{App, BoundListener, Builder};
use crate::admin::AdminLimits;
use crate::budget::Budget;
use crate::descriptors::{self, Demand, Reserve, Unfit};
use crate::exit::Exit;
use crate::lifecycle::Readiness;
use crate::listener::Host;
use crate::relay::{House, Houses, Life, Relay};
use crate::settings::{CodecSettings, ListenerSettings, ServiceKind, Settings};
use crate::socket::{self, BindError};
use crate::telemetry::Telemetry;

/// Why a daemon could not be built. One line, with the remedy.
#[derive(Debug)]
pub enum BuildError {
    /// The descriptor limit does not carry what is asked.
    Descriptors(Unfit),
    /// A listener could not be bound.
    Listener(BindError),
    /// The token of the admin address cannot be had.
    Token(String),
    /// The admin address could not be bound.
    Admin(SocketAddr, std::io::Error),
    /// A listener asks for a service that nobody registered.
    Service {
        /// The listener.
        listener: String,
        /// The service.
        service: String,
    },
}

impl BuildError {
    /// The code that the process ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Descriptors(_) | Self::Service { .. } | Self::Token(_) => Exit::Config,
            Self::Listener(error) => error.exit(),
            Self::Admin(_, error) if error.kind() == std::io::ErrorKind::PermissionDenied => Exit::Permission,
            Self::Admin(..) => Exit::Os,
        }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Descriptors(unfit) => unfit.fmt(f),
            Self::Listener(error) => error.fmt(f),
            Self::Token(why) => f.write_str(why),
            Self::Admin(address, error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                write!(
                    f,
                    "admin.bind {address} is in use: {} tells by whom; choose another port or \"off\"",
                    socket::holder(address.port())
                )
            }
            Self::Admin(address, error) => write!(f, "admin.bind {address}: {error}"),
            Self::Service { listener, service } => {
                write!(
                    f,
                    "listener.{listener}.service: no service {service:?} is registered with this program"
                )
            }
        }
    }
}

impl std::error::Error for BuildError {}

pub(super) fn build(builder: Builder) -> Result<App, BuildError> {
    let limit = descriptors::raise();
    if limit.failure.is_some() {
        tracing::warn!("{limit}");
    } else {
        tracing::debug!("{limit}");
    }
    let workers = builder.settings.runtime.workers.get();
    let fitted =
        descriptors::fit(builder.settings.limits.sessions, demand(&builder.settings, workers), limit.now)
            .map_err(BuildError::Descriptors)?;
    let queued = Arc::new(Budget::new(builder.settings.limits.queued));
    let mut houses = Houses::new(Life::of_host(), queued.clone());
    if let Some(authority) = builder.authority.clone() {
        houses = houses.under(authority);
    }
    let houses = Arc::new(houses);
    let token = builder.settings.admin.secret().map_err(BuildError::Token)?;
    let mut listeners = Vec::new();
    for settings in &builder.settings.listeners {
        let host = host(&builder, settings, &houses)?;
        let bound = socket::bind(settings, workers).map_err(BuildError::Listener)?;
        listeners.push(BoundListener { settings: settings.clone(), bound, host });
    }
    let admin = builder.settings.admin.bind.map(bind_admin).transpose()?;
    let readiness = Arc::<Readiness>::default();
    let telemetry = Arc::new(Telemetry::new(builder.stats.clone(), readiness.clone()));
    Ok(App {
        settings: builder.settings,
        listeners,
        admin,
        fitted,
        reserve: Reserve::new(),
        queued,
        houses,
        token,
        stats: builder.stats,
        readiness,
        vitals: Arc::default(),
        telemetry,
        on_reload: builder.on_reload,
    })
}

fn demand(settings: &Settings, workers: usize) -> Demand {
    let sockets = |listener: &ListenerSettings| if listener.socket.reuse_port { workers as u64 } else { 1 };
    Demand {
        accept_sockets: settings.listeners.iter().map(sockets).sum(),
        runtimes: workers as u64 + 1,
        admin_connections: AdminLimits::default().connections as u64,
    }
}

fn host(
    builder: &Builder,
    settings: &ListenerSettings,
    houses: &Arc<Houses>,
) -> Result<Arc<dyn Host>, BuildError> {
    if let ServiceKind::Relay(relay) = &settings.service {
        let frame_max = match &settings.codec {
            CodecSettings::LengthDelimited(frame) => frame.max,
            CodecSettings::Lines(line) => line.max,
            CodecSettings::Bytes => u64::MAX,
        };
        return Ok(Arc::new(Relay::new(House::new(settings, relay, frame_max, houses))));
    }
    let service = settings.service.name();
    builder
        .services
        .get(service)
        .cloned()
        .ok_or_else(|| BuildError::Service { listener: settings.name.clone(), service: service.to_owned() })
}

fn bind_admin(address: SocketAddr) -> Result<TcpListener, BuildError> {
    let bind = || {
        let socket =
            socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::STREAM, None)?;
        // Not on Windows, where it would let another process take the port.
        #[cfg(unix)]
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(128)?;
        Ok(socket.into())
    };
    bind().map_err(|error| BuildError::Admin(address, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_admin_port_in_use_is_looked_up_by_its_number() {
        let in_use = std::io::ErrorKind::AddrInUse.into();
        let told = BuildError::Admin(([127, 0, 0, 1], 9777).into(), in_use).to_string();
        assert!(told.starts_with("admin.bind 127.0.0.1:9777 is in use: `"), "{told}");
        assert_eq!(told.matches(":9777").count(), 2, "{told}");
    }
}

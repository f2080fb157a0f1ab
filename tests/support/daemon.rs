//! A daemon in this process, on a thread with a runtime of its own.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::Duration;

use oread::app::{App, Builder, DrainReport};
use oread::lifecycle::{Order, Orderer, Orders};
use oread::settings::{Address, ListenerSettings, Settings};

use super::{Metrics, Wire, metrics, until};

/// One worker, and an echo listener named `echo` with default limits.
pub fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.runtime.workers = NonZeroUsize::MIN;
    settings.admin.bind = Some(([127, 0, 0, 1], 0).into());
    settings.drain.grace = Duration::from_secs(20);
    settings.listeners = vec![ListenerSettings::echo("echo", Address::Tcp(([127, 0, 0, 1], 0).into()))];
    settings
}

/// A running daemon. Dropping it cuts its sessions.
pub struct Daemon {
    orders: Orderer,
    thread: Option<JoinHandle<DrainReport>>,
    addresses: HashMap<String, Address>,
    pub admin: SocketAddr,
}

impl Daemon {
    /// With these settings.
    pub fn start(settings: Settings) -> Self {
        Self::run(App::builder(settings))
    }

    /// With services of its own.
    pub fn run(builder: Builder) -> Self {
        let app = builder.build().unwrap();
        let addresses =
            app.listeners().map(|(settings, address)| (settings.name.clone(), address.clone())).collect();
        let admin = app.admin_address().unwrap();
        let (orders, received) = Orders::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(app.run(received)).unwrap()
        });
        Self { orders, thread: Some(thread), addresses, admin }
    }

    /// The address of a TCP listener.
    pub fn address(&self, listener: &str) -> SocketAddr {
        match &self.addresses[listener] {
            Address::Tcp(address) => *address,
            Address::Unix(path) => panic!("{listener} is at {}", path.display()),
        }
    }

    /// The path of a Unix listener.
    pub fn path(&self, listener: &str) -> PathBuf {
        match &self.addresses[listener] {
            Address::Unix(path) => path.clone(),
            Address::Tcp(address) => panic!("{listener} is at {address}"),
        }
    }

    /// A client of the listener `echo`.
    pub fn connect(&self) -> Wire {
        Wire::connect(self.address("echo"))
    }

    pub fn metrics(&self) -> Metrics {
        Metrics::scrape(self.admin)
    }

    /// `/status`.
    pub fn status(&self) -> serde_json::Value {
        serde_json::from_str(&metrics::get(self.admin, "/status")).unwrap()
    }

    /// Waits until a scrape shows this.
    pub fn until(&self, what: &str, mut shows: impl FnMut(&Metrics) -> bool) -> Metrics {
        let mut last = self.metrics();
        until(what, || {
            last = self.metrics();
            shows(&last)
        });
        last
    }

    /// Waits until `count` sessions live.
    pub fn until_active(&self, count: i64) -> Metrics {
        self.until(&format!("{count} sessions live"), |metrics| metrics.active() == count)
    }

    /// Waits until no session is left, and asserts that everything has been given back and accounted for.
    pub fn assert_settles(&self) -> Metrics {
        let metrics = self.until_active(0);
        metrics.assert_settled();
        metrics
    }

    /// Gives an order.
    pub fn order(&self, order: Order) {
        self.orders.blocking_send(order).unwrap();
    }

    /// Waits for the end that was ordered.
    pub fn ended(mut self) -> DrainReport {
        self.thread.take().unwrap().join().unwrap()
    }

    /// Drains.
    pub fn stop(self) -> DrainReport {
        self.order(Order::Stop);
        self.ended()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            // The second one cuts. A daemon that has ended takes none.
            let _ = self.orders.blocking_send(Order::Stop);
            let _ = self.orders.blocking_send(Order::Stop);
            let _ = thread.join();
        }
    }
}

//! What systemd is told (`sd_notify(3)`): ready, reloading, stopping, and that the daemon's control loop and its workers still turn.
//! Without a supervisor that listens (`NOTIFY_SOCKET`), and on other platforms, nothing is sent.

#[cfg(not(target_os = "linux"))]
use std::future::Future;
use std::sync::Arc;

use super::Readiness;
#[cfg(target_os = "linux")]
use super::Stage;
use crate::vitals::Vitals;

/// Tells of the daemon's stages, and feeds the watchdog, if there is one, while no worker is stuck. Never ends: run it beside the daemon, on
/// the runtime of its control loop.
#[cfg(target_os = "linux")]
pub async fn follow(readiness: Arc<Readiness>, vitals: Arc<Vitals>) {
    use sd_notify::NotifyState;

    let stages = async {
        readiness.reached(Stage::Ready).await;
        tell(&[NotifyState::Ready]);
        readiness.reached(Stage::Draining).await;
        tell(&[NotifyState::Stopping]);
    };
    let watchdog = async {
        let Some(interval) = sd_notify::watchdog_enabled() else { return };
        loop {
            if vitals.stuck().is_empty() {
                tell(&[NotifyState::Watchdog]);
            }
            // Half of what is asked for, as sd_watchdog_enabled(3) advises.
            tokio::time::sleep(interval / 2).await;
        }
    };
    tokio::join!(stages, watchdog);
}

/// No supervisor to tell on this platform.
#[cfg(not(target_os = "linux"))]
pub fn follow(_: Arc<Readiness>, _: Arc<Vitals>) -> impl Future<Output = ()> {
    std::future::ready(())
}

/// Tells that the configuration is read again, while `reload` does so.
#[cfg(target_os = "linux")]
pub fn reloading(reload: impl FnOnce()) {
    use sd_notify::NotifyState;

    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => tracing::debug!(%error, "the supervisor is not told of the reload"),
    }
    reload();
    tell(&[NotifyState::Ready]);
}

/// No supervisor to tell on this platform.
#[cfg(not(target_os = "linux"))]
pub fn reloading(reload: impl FnOnce()) {
    reload();
}

#[cfg(target_os = "linux")]
fn tell(states: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the supervisor could not be told how the daemon is");
    }
}
